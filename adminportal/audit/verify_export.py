#!/usr/bin/env python3
"""Verifies an export of the audit log without the portal: copy this file anywhere, it needs ``cryptography`` alone.

    python verify_export.py audit.jsonl --key PUBLIC_KEY [--checkpoints FILE] [--whole]

``--key`` is the public key in Base64, or a file that holds it; ask the operator for it, not the export. With
``--checkpoints`` (a download or what a collector received) also rows that were cut off at the end are found.
Exit code 0: intact, 1: broken, 2: wrong use.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

INTACT, BROKEN, WRONG_USE = 0, 1, 2
GENESIS = "0" * 64
REDACTED = "[redacted]"
PREFIXES = {
    "Authentication Methods": "AUTHM_",
    "Core Directory": "CORE_",
    "Password Portal": "PORTAL_",
    "Self-service Password Management": "SSGM_",
}
RECORD = {
    *("id", "category", "correlationId", "result", "resultReason", "activityDisplayName", "activityDateTime"),
    *("loggedByService", "operationType", "initiatedBy", "targetResources", "additionalDetails", "userAgent", "portal"),
}
PORTAL = {"actorKind", "prevHash", "redaction", "rowHash", "salt", "seq", "subjectId", "tenantId"}
TARGET = {"id", "displayName", "type", "userPrincipalName", "modifiedProperties", "groupType"}
POINT = {"isStart", "keyId", "madeAt", "rowHash", "seq", "signature", "tenantId"}


class Unusable(Exception):
    """The arguments or the file cannot be used; nothing was verified."""


@dataclass
class Chain:
    """What was read of one chain: rows by number as (hash before, own hash, id), and the signed checkpoints."""

    rows: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    points: list[dict[str, Any]] = field(default_factory=list)
    erased: dict[str, int] = field(default_factory=dict)
    told_erased: set[str] = field(default_factory=set)
    not_sealed: int = 0
    claimed_end: int = 0
    is_whole: bool = True
    problems: list[tuple[int, str]] = field(default_factory=list)
    mismatches: list[str] = field(default_factory=list)
    missing: int = 0
    intact_to: int = 0

    @property
    def is_intact(self) -> bool:
        """Whether nothing contradicts the chain."""
        return not (self.problems or self.mismatches or self.missing)


def canonical(record: dict[str, Any]) -> bytes:
    """Return what is hashed, made of nothing but the record.

    :raises ValueError, KeyError, TypeError: when the record has lost its form.
    """
    portal, who = record["portal"], _initiator(record)
    names = [detail["key"] for detail in record["additionalDetails"]]
    _check_form(record, names)
    body = {
        "activity": record["activityDisplayName"],
        "actor_id": who["actor_id"],
        "actor_kind": portal["actorKind"],
        "category": record["category"],
        "correlation_id": record["correlationId"],
        "detail_names": sorted(names),
        "id": record["id"].partition("_")[2],
        "occurred_at": f"{record['activityDateTime'][:-2]}Z",
        "operation": record["operationType"],
        "personal": {path: _digest(portal, path, value) for path, value in _personal(record, who) if value},
        "result": record["result"],
        "seq": portal["seq"],
        "service": record["loggedByService"],
        "subject_id": portal["subjectId"],
        "targets": [_target(target) for target in record["targetResources"]],
        "tenant_id": portal["tenantId"],
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _check_form(record: dict[str, Any], names: list[str]) -> None:
    # Whatever is not hashed must not be there: it could be changed unseen.
    _must(set(record) == RECORD and set(record["portal"]) == PORTAL and len(set(names)) == len(names))
    _must(record["id"].startswith(PREFIXES[record["loggedByService"]]) and record["activityDateTime"].endswith("0Z"))
    for target in record["targetResources"]:
        _must(set(target) == TARGET and target["groupType"] is None)
        _must(all(set(change) == {"displayName", "oldValue", "newValue"} for change in target["modifiedProperties"]))
    _must(all(set(detail) == {"key", "value"} for detail in record["additionalDetails"]))


def _target(target: dict[str, Any]) -> dict[str, Any]:
    changes = [change["displayName"] for change in target["modifiedProperties"]]
    return {"id": target["id"], "modified": changes, "type": target["type"]}


def _must(condition: bool) -> None:
    if not condition:
        raise ValueError


def _initiator(record: dict[str, Any]) -> dict[str, Any]:
    is_person = record["portal"]["actorKind"] == "user"
    kind, other, name = ("user", "app", "id") if is_person else ("app", "user", "appId")
    who = record["initiatedBy"][kind]
    _must(set(record["initiatedBy"]) == {"app", "user"} and record["initiatedBy"][other] is None)
    _must(set(who) == {name, "displayName", "userPrincipalName", "ipAddress"})
    return {"actor_id": who[name], **who}


def _personal(record: dict[str, Any], who: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "actor_display_name", who["displayName"]
    yield "actor_user_principal_name", who["userPrincipalName"]
    yield "ip_address", who["ipAddress"]
    yield "user_agent", record["userAgent"]
    yield "reason", record["resultReason"]
    for place, target in enumerate(record["targetResources"]):
        yield f"targets.{place}.display_name", target["displayName"]
        yield f"targets.{place}.user_principal_name", target["userPrincipalName"]
        for turn, change in enumerate(target["modifiedProperties"]):
            yield f"targets.{place}.modified.{turn}.old", change["oldValue"]
            yield f"targets.{place}.modified.{turn}.new", change["newValue"]
    for detail in record["additionalDetails"]:
        yield f"details.{detail['key']}", detail["value"]


def _digest(portal: dict[str, Any], path: str, value: str) -> str:
    erased = portal["redaction"].get("digests", {})
    if value == REDACTED and path in erased:
        return str(erased[path])
    if portal["salt"]:
        salt = hmac.digest(bytes.fromhex(portal["salt"]), path.encode(), "sha256")
    else:
        salt = bytes.fromhex(portal["redaction"].get("salts", {}).get(path, ""))
    return hmac.digest(salt, value.encode(), "sha256").hex()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    _must(len(found) == len(pairs))
    return found


def take_line(chains: dict[str, Chain], number: int, line: str, key: Ed25519PublicKey) -> None:
    """Judge one line alone and keep what its chain needs of it."""
    try:
        body = json.loads(line, object_pairs_hook=_once)
        if "portalExport" in body:
            told = body["portalExport"]
            chain = chains.setdefault(_name(told["tenantId"]), Chain())
            chain.is_whole, chain.claimed_end = told["isWhole"] is True, int(told["lastSeq"])
        elif "portalCheckpoint" in body:
            _take_point(chains, body["portalCheckpoint"], key)
        elif "portalGap" in body:
            told = body["portalGap"]
            text = f"The portal told that the chain did not continue behind row {told['sentTo']}."
            chains.setdefault(_name(told["tenantId"]), Chain()).problems.append((int(told["sentTo"]) + 1, text))
        else:
            _take_row(chains.setdefault(_name(body["portal"]["tenantId"]), Chain()), body)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        chains.setdefault("(of no chain)", Chain()).problems.append((number, f"Line {number} has lost its form."))


def _take_row(chain: Chain, record: dict[str, Any]) -> None:
    portal = record["portal"]
    content = canonical(record)
    if record["activityDisplayName"] == "Audit redacted":
        chain.told_erased |= {str(target["id"]) for target in record["targetResources"]}
    if portal["seq"] is None:
        _must(portal["prevHash"] == portal["rowHash"] == "")
        chain.not_sealed += 1
        return
    seq, before, own = int(portal["seq"]), portal["prevHash"], portal["rowHash"]
    if portal["redaction"]:
        chain.erased[record["id"].partition("_")[2]] = seq
    first = chain.rows.setdefault(seq, (before, own, record["id"]))
    if hashlib.sha256(bytes.fromhex(before) + content).hexdigest() != own:
        chain.problems.append((seq, f"Row {seq} ({record['id']}) was changed after it was sealed."))
    elif first[1] != own:
        chain.problems.append((seq, f"There are two different rows {seq}."))


def _take_point(chains: dict[str, Chain], point: dict[str, Any], key: Ed25519PublicKey) -> None:
    chain = chains.setdefault(_name(point["tenantId"]), Chain())
    _must(set(point) == POINT)
    names = {"is_start": "isStart", "made_at": "madeAt", "row_hash": "rowHash", "seq": "seq", "tenant_id": "tenantId"}
    statement = {name: point[told] for name, told in names.items()}
    signed = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    try:
        key.verify(base64.b64decode(point["signature"]), signed)
    except InvalidSignature:
        chain.mismatches.append(f"The checkpoint of row {point['seq']} was not signed by this key.")
    else:
        chain.points.append(point)


def walk(chain: Chain) -> None:
    """Follow the chain from its beginning or signed start, and compare it with every checkpoint."""
    beginning, before = _beginning(chain)
    last = beginning
    for seq in sorted(chain.rows):
        told, own, name = chain.rows[seq]
        if chain.is_whole and seq > last + 1:
            _miss(chain, last + 1, seq - 1)
        elif seq == last + 1 and told != before:
            chain.problems.append((seq, f"Row {seq} ({name}) does not follow the row before it."))
        last, before = seq, own
    end = max([chain.claimed_end, *(point["seq"] for point in chain.points)])
    if chain.is_whole and end > last:
        _miss(chain, last + 1, end)
    for point in chain.points:
        if point["seq"] in chain.rows and chain.rows[point["seq"]][1] != point["rowHash"]:
            chain.mismatches.append(f"The checkpoint of row {point['seq']} holds another hash than the row.")
    for uid in chain.erased.keys() - chain.told_erased if chain.is_whole else ():
        chain.mismatches.append(f"Row {chain.erased[uid]} was erased without an Audit redacted row.")
    chain.intact_to = max(beginning, min((seq for seq, _ in chain.problems), default=last + 1) - 1)


def _beginning(chain: Chain) -> tuple[int, str]:
    """Return number and hash that the first row follows: those of a signed start, unless row 1 is here."""
    starts = [(int(point["seq"]), str(point["rowHash"])) for point in chain.points if point["isStart"]]
    return (0, GENESIS) if 1 in chain.rows else max(starts, default=(0, GENESIS))


def _miss(chain: Chain, first: int, last: int) -> None:
    chain.missing += last - first + 1
    chain.problems.append((first, f"Rows {first} to {last} are missing."))


def describe(name: str, chain: Chain) -> str:
    """Return the findings of one chain as text."""
    lines = [
        f"Chain {name}",
        f"  {'intact to row' if chain.is_intact else 'BROKEN; intact to row'} {chain.intact_to}",
        f"  sealed rows: {len(chain.rows)}, not yet sealed: {chain.not_sealed}, missing: {chain.missing}",
        f"  checkpoints: {len(chain.points)}, mismatches: {len(chain.mismatches)}",
    ]
    if not chain.is_whole:
        lines.append("  This export was filtered: each row was judged alone, missing rows cannot be seen.")
    lines += [
        f"  {'first broken row: ' if not turn else ''}{text}" for turn, (_, text) in enumerate(sorted(chain.problems))
    ]
    return "\n".join(lines + [f"  {text}" for text in chain.mismatches])


def _name(tenant_id: str | None) -> str:
    return f"of tenant {tenant_id}" if tenant_id else "of the installation"


def read_key(text: str) -> Ed25519PublicKey:
    """Return the public key of Base64 or of the file that holds it.

    :raises Unusable: when it is none.
    """
    try:
        plain = Path(text).read_text(encoding="ascii") if Path(text).is_file() else text
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(plain.strip(), validate=True))
    except (OSError, ValueError) as problem:
        raise Unusable("The key is not 32 bytes in Base64, nor a file that holds them.") from problem


def _lines_of(path: str) -> Iterator[str]:
    """Return the lines of a file, one at a time; the downloaded document of checkpoints gives a line for each."""
    with Path(path).open(encoding="utf-8", errors="strict") as file:
        if file.readline().strip() != "{":
            file.seek(0)
            yield from file
            return
        file.seek(0)
        document = json.loads(file.read(), object_pairs_hook=_once)
    yield from (json.dumps({"portalCheckpoint": point}) for point in document["checkpoints"])


def read_files(paths: list[str], key: Ed25519PublicKey) -> dict[str, Chain]:
    """Judge every line of the files.

    :raises Unusable: when one cannot be read or is empty.
    """
    chains: dict[str, Chain] = {}
    for path in paths:
        try:
            number = 0
            for number, line in enumerate(_lines_of(path), start=1):
                take_line(chains, number, line, key)
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise Unusable(f"{path} cannot be read: {problem}.") from problem
        if not number:
            raise Unusable(f"{path} is empty.")
    return chains


def main(arguments: list[str] | None = None) -> int:
    """Verify and print; return the exit code."""
    parser = argparse.ArgumentParser(description="Verifies an export of the audit log.")
    parser.add_argument("export", help="the export, or what a collector received: one JSON object a line")
    parser.add_argument("--key", required=True, help="public key in Base64, or a file that holds it")
    parser.add_argument(
        "--whole", action="store_true", help="name missing rows also where the file says it was filtered"
    )
    parser.add_argument("--checkpoints", help="further checkpoints, one a line, such as an older download")
    options = parser.parse_args(arguments)
    try:
        key = read_key(options.key)
        chains = read_files([path for path in (options.export, options.checkpoints) if path], key)
    except Unusable as problem:
        print(f"{problem} Nothing was verified.", file=sys.stderr)
        return WRONG_USE
    for chain in chains.values():
        chain.is_whole = chain.is_whole or options.whole
        walk(chain)
    print("\n\n".join(describe(name, chain) for name, chain in chains.items()))
    return INTACT if all(chain.is_intact for chain in chains.values()) else BROKEN


if __name__ == "__main__":
    sys.exit(main())
