"""What Slack tells: by sockets or by requests, kept before it is acknowledged, and caught up with after a gap."""
