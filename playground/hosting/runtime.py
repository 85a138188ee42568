"""What `runner.py` calls every second."""


def function():
    print("I am version one of runtime.py", flush=True)  # change this line
