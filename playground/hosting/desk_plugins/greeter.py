_plugin_name = "greeter"
_plugin_version = "1.0"  # change this line: 1.1


def run(question):
    return f"good morning, visitor {question}"  # change this line
