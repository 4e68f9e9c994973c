"""Prints addresses and whether a caller may lead us there, as Python's ipaddress module sees it.

The rule: global, and not multicast, reserved or site-local; an IPv4-mapped address is the one it carries. Some
ranges are stricter here than in some Pythons: NAT64, 6to4 and its relays lead to a gateway's choice, 192.0.0.0/24 and
2001::/23 are for protocols and not for hosts, 3fff::/20 is too new, the ranges of AS112 and of multicast tunnels are for
everybody's nearest machine, and 168.63.129.16 is a cloud's own.

    make_addresses.py > addresses.txt
"""

import ipaddress
import random

random.seed(20261121)
EXTRA = """64:ff9b::/96 64:ff9b:1::/48 2002::/16 3fff::/20 2001::/23 192.88.99.0/24 192.0.0.0/24 168.63.129.16/32
192.31.196.0/24 192.52.193.0/24 192.175.48.0/24 2620:4f:8000::/48""".split()
EXTRA = [ipaddress.ip_network(network) for network in EXTRA]


def is_public(address):
    if address.version == 6 and address.ipv4_mapped:
        return is_public(address.ipv4_mapped)
    if any(address.version == n.version and address in n for n in EXTRA):
        return False
    special = address.is_multicast or address.is_reserved or address.is_private or address.is_unspecified
    return address.is_global and not special and not getattr(address, "is_site_local", False)


BLOCKS = """0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 ::/128 ::1/128
::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2000::/3 2001::/23 2001:db8::/32 2002::/16 3fff::/20 4000::/3
fc00::/7 fe80::/10 fec0::/10 ff00::/8 168.63.129.16/32 192.31.196.0/24 192.52.193.0/24 192.175.48.0/24
2620:4f:8000::/48 100:0:0:1::/64 5f00::/16""".split()

found = set()
for block in map(ipaddress.ip_network, BLOCKS):
    kind = type(block.network_address)
    first, last = int(block.network_address), int(block.broadcast_address)
    top = 2**block.max_prefixlen - 1
    for number in (first - 1, first, random.randint(first, last), last, last + 1):
        if 0 <= number <= top:
            found.add(kind(number))
for inner in ["127.0.0.1", "10.1.2.3", "8.8.8.8", "169.254.169.254", "93.184.216.34"]:
    number = int(ipaddress.ip_address(inner))
    found.add(ipaddress.IPv6Address((0xFFFF << 32) | number))
    found.add(ipaddress.IPv6Address((0x64FF9B << 96) | number))
    found.add(ipaddress.IPv6Address((0x2002 << 112) | (number << 80)))
    found.add(ipaddress.IPv6Address(number))
while len(found) < 300:
    found.add(ipaddress.IPv4Address(random.getrandbits(32)))
    found.add(ipaddress.IPv6Address((1 << 125) | random.getrandbits(125)))
    if len(found) % 3 == 0:
        found.add(ipaddress.IPv6Address(random.getrandbits(128)))
for address in sorted(found, key=lambda a: (a.version, int(a))):
    print("outside" if is_public(address) else "inside", address)
