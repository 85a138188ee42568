_plugin_name = "counter"
_plugin_version = "1.0"

answered = []


def run(question):
    answered.append(question)  # this list outlives every edit
    return f"{len(answered)} questions answered"  # change this line
