import inspect, typing
from app import f
