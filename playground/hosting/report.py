"""The script of `operations.py`, as it is put into the database."""

from livepatch.hosting import BaseHandler


class Report(BaseHandler):
    def __init__(self):
        self.count = 0

    def execute(self, now):
        self.count += 1
        print(f"report number {self.count} at {now}")  # change this line
