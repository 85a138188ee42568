"""The only code that reads or changes live functions, classes and frames."""
