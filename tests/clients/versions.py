"""Are the versions in README.md's table of clients those that are tried? Usage: versions.py, after npm ci. A package is written
`python3-redis` 4.3.4, Debian's or npm's by its name; each that is pinned for npm must be there, and none that is neither."""
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
README = HERE.parents[1] / "README.md"
PACKAGE = re.compile(r"`([@a-z][\w./@-]*)` (\d[\w.]*)")


def debian_version(package):
    """Upstream's part of it; None: not installed."""
    found = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", package], capture_output=True, text=True, check=False)
    state, _, version = found.stdout.partition(" ")
    return re.match(r"(?:\d+:)?([\d.]+)", version)[1] if state == "installed" else None


def main():
    section = README.read_text().split("## Clients\n")[1].split("\n## ")[0]
    told = dict(PACKAGE.findall(section))
    node = HERE / "node"
    pinned = json.loads((node / "package.json").read_text())["dependencies"]
    tried = {name: json.loads((node / "node_modules" / name / "package.json").read_text())["version"] for name in pinned}
    wrong = [f"{name} {version} is missing" for name, version in tried.items() if name not in told]
    for name, version in told.items():
        now = tried.get(name) or debian_version(name)
        if now != version:
            wrong.append(f"{name} {version}: tried is {now or 'none'}")
    if wrong or not told:
        sys.exit(f"{README.name}, Clients: " + "; ".join(wrong or ["no version is named"]))
    print(f"{len(told)} versions are told as they are")


main()
