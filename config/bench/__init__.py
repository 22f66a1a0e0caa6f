"""``make bench``: measures the product on this machine, all parts real and durable."""
