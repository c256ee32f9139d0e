"""`reference`: the harness's own delivery client, a good one."""
