"""The pages of the documentation that are made anew at every build: the evidence from `networks/`,
the tutorials from `examples/`, the explorer from a case.
"""
