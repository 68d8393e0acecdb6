"""One adapter per public set: it writes landing folders and accounts for every source row."""
