"""Write what is missing in streams.json. What stands there under the same STREAM_VERSION is never overwritten."""

from __future__ import annotations

import json
import sys

from tests.golden import COMMAND, FILE, kept, made, same


def main() -> str:
    """What was done, in a line; SystemExit where streams changed under the same version."""
    old, new = kept(), made()
    fresh = old["stream_version"] != new["stream_version"]
    if not fresh:
        changed = [
            p
            for p, sets in old["simulators"].items()
            if p in new["simulators"] and not all(map(same, sets, new["simulators"][p]))
        ]
        changed += [key for key, words in old["streams"].items() if words != new["streams"].get(key)]
        if changed:
            sys.exit(
                f"{', '.join(changed)}: the streams changed; bump simulate.streams.STREAM_VERSION, then run `{COMMAND}` again"
            )
        new["simulators"] |= {p: sets for p, sets in old["simulators"].items() if p in new["simulators"]}
    added = [p for p in new["simulators"] if fresh or p not in old["simulators"]]
    FILE.write_text(json.dumps(new, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return f"{FILE.name}: stream version {new['stream_version']}, {len(new['simulators'])} simulators, {len(added)} added"


if __name__ == "__main__":
    print(main())
