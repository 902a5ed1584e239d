"""A small local web application over a folder of cases and the ledgers of their cycles.

What is imported with this package is light, so that the first page stands within a second: whatever computes runs in
processes of its own (`worker`), which are started while the first page is looked at.
"""
