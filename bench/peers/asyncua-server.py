"""
An OPC UA server on asyncua 2.0.1 that writes counters by the wall clock and logs every value it writes.
Parameters are key=value; README.md has the list. Node ids are strings in namespace urn:fedshell:peer.
"""
import asyncio
import logging
import os
import signal
import sys
import time
from datetime import datetime, timedelta, timezone

from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.crypto.truststore import TrustStore
from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions
from asyncua.server.user_managers import UserManager

logging.disable(logging.CRITICAL)

CATCH_UP_MS = 1000.0
UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SETTINGS = dict(parameter.split("=", 1) for parameter in sys.argv[1:])


def number(name, otherwise):
    return float(SETTINGS.get(name, otherwise))


class Passwords(UserManager):
    def get_user(self, iserver, username=None, password=None, certificate=None):
        if "user" not in SETTINGS:
            return User(role=UserRole.User)
        if (username, password) == (SETTINGS["user"], SETTINGS["password"]):
            return User(role=UserRole.User)
        return None


class Group:
    """One kind of node: value number k is due at epoch + k * period."""

    def __init__(self, count, period_ms):
        self.count = int(count)
        self.period_ms = period_ms
        # Every node has a value at the start.
        self.start = int((now_ms() - EPOCH_MS) / period_ms)
        self.last = self.start - 1
        self.ids = []

    def due(self):
        if self.count == 0:
            return range(0)
        behind_ms = now_ms() - EPOCH_MS
        end = int(behind_ms / self.period_ms) + 1
        # What is too old to catch up with was never written.
        first = max(self.last + 1, int((behind_ms - CATCH_UP_MS) / self.period_ms))
        if first < end:
            self.last = end - 1
        return range(first, end)

    def time_of(self, k):
        return EPOCH_MS + k * self.period_ms


def now_ms():
    return time.time() * 1000


EPOCH_MS = number("epochMs", 0) or now_ms()
LOG = os.open(SETTINGS["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if "log" in SETTINGS else None


def note(lines):
    """Written before the values are shown: a killed server may have logged what it never showed, not the reverse."""
    if LOG is not None and lines:
        os.write(LOG, "".join(lines).encode())


def changes_at(k, index, one_in):
    """A change at irregular times, the same in every server and after every restart."""
    mixed = (k * 2654435761 + index * 40503) & 0xFFFFFFFF
    mixed ^= mixed >> 15
    return mixed % one_in == 0


def value_of(value, kind, at_ms):
    return ua.DataValue(ua.Variant(value, kind), SourceTimestamp=UNIX_EPOCH + timedelta(milliseconds=at_ms))


async def main():
    waves = Group(number("waves", 1), number("waveMs", 100))
    scalars = Group(number("scalars", 200), number("scalarMs", 100))
    changes = Group(number("changes", 0), number("changeMs", 100))
    length = int(number("waveLength", 4096))
    one_in = int(number("changeOneIn", 10))
    server = Server(user_manager=Passwords())
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{SETTINGS['port']}/")
    if "certificate" in SETTINGS:
        await server.set_application_uri(SETTINGS.get("applicationUri", "urn:fedshell:peer:server"))
        await server.load_certificate(SETTINGS["certificate"], "PEM")
        await server.load_private_key(SETTINGS["key"], format="PEM")
        server.set_security_policy([
            ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
            ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
        ])
        if "trusted" in SETTINGS:
            store = TrustStore([SETTINGS["trusted"]], [])
            await store.load()
            server.set_certificate_validator(
                CertificateValidator(CertificateValidatorOptions.TRUSTED_VALIDATION, store))
    else:
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    if "user" in SETTINGS:
        server.set_identity_tokens([ua.UserNameIdentityToken])
    else:
        server.set_identity_tokens([ua.AnonymousIdentityToken])
    space = await server.register_namespace("urn:fedshell:peer")
    line = await server.nodes.objects.add_object(ua.NodeId("Line", space), f"{space}:Line")
    block = [index % 8 / 8 for index in range(length)]

    async def add(group, prefix, value, kind):
        for index in range(group.count):
            name = f"{prefix}{index}"
            node = await line.add_variable(ua.NodeId(name, space), f"{space}:{name}", value, kind)
            group.ids.append(node.nodeid)

    await add(waves, "Wave", block, ua.VariantType.Float)
    await add(scalars, "S", 0.0, ua.VariantType.Double)
    await add(changes, "C", 0, ua.VariantType.Int32)

    async def tick():
        due = waves.due()
        note([f"W {k} {waves.time_of(k):.4f}\n" for k in due])
        for k in due:
            block[0] = float(k % 16777216)
            value = value_of(list(block), ua.VariantType.Float, waves.time_of(k))
            for node_id in waves.ids:
                await server.write_attribute_value(node_id, value)
        due = scalars.due()
        note([f"S {k} {scalars.time_of(k):.4f}\n" for k in due])
        for k in due:
            value = value_of(float(k), ua.VariantType.Double, scalars.time_of(k))
            for node_id in scalars.ids:
                await server.write_attribute_value(node_id, value)
        due = changes.due()
        changed = [
            (k, index)
            for k in due
            for index in range(changes.count)
            if k == changes.start or changes_at(k, index, one_in)
        ]
        note([f"C{index} {k} {changes.time_of(k):.4f}\n" for k, index in changed])
        for k, index in changed:
            value = value_of(k, ua.VariantType.Int32, changes.time_of(k))
            await server.write_attribute_value(changes.ids[index], value)

    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    periods = [group.period_ms for group in (waves, scalars, changes) if group.count > 0]
    pause_s = min([10.0, *(period / 5 for period in periods)]) / 1000
    note([f"# start {now_ms():.4f}\n"])
    await tick()
    async with server:
        print("ready", flush=True)
        while not stopping.is_set():
            await tick()
            await asyncio.sleep(pause_s)


asyncio.run(main())
