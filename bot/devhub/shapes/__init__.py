"""GitHub's JSON: pure builders, one for each shape of its description.

Every builder takes the address of the hub first, then records.
"""
