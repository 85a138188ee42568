RAN = []

if __name__ == "__main__":
    RAN.append("new")
