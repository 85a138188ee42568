from .util import helper, other as o
def run(): return helper() + o()
