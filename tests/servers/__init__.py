"""Local servers that speak the vendors' protocols over real sockets and can be told to fail."""
