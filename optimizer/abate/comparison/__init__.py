"""Strategies side by side: what each costs, attains and asks of whom."""
