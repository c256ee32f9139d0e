"""A network of its own for each world (Linux): unmodified clients on ports 25, 53 and 443.

Two network namespaces, joined by a veth pair: the *internet* owns every server address, the *client's* has one address
and a default route into it. Sockets are opened inside and passed out (SCM_RIGHTS), so servers, faults and journal stay
in the harness's process; only the client's programs run inside, with a resolv.conf, hosts, nsswitch.conf, host name and
process numbers of their own. No rights are needed where user namespaces may be had; real root does without them.

`broker` is the one process that makes worlds, `init` the first process of each; `sandbox` is the harness's side.
"""
