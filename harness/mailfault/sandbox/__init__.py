"""A separate network for each world (Linux), for unmodified clients on ports 25, 53 and 443.

A veth pair joins two network namespaces. The *internet* owns every server address; the *client's* has one address and a
default route to the internet. Sockets are opened inside and passed out (SCM_RIGHTS), so servers, faults and journal
stay in the harness's process. Only the client's programs run inside, with their own resolv.conf, hosts, nsswitch.conf,
host name and process numbers. If the kernel allows user namespaces, no rights are needed; root needs none of them.

`broker` is the one process that makes worlds, `init` is the first process of each, `sandbox` is the harness's side.
"""
