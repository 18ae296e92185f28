"""What a plan means for people: each load, vehicle and site over time, in spans in which nothing changes.

Pages, orders, profiles of chargers and comparisons are all told from here. Nothing in it comes from the model: cases
and plans are read as the audit reads them.
"""
