"""Near least cost: how far each source can go for little more money, and plans that differ the most."""
