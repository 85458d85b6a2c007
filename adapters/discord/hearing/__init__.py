"""What Discord tells, by the gateway or asked after a gap; and what is known of channels and servers."""
