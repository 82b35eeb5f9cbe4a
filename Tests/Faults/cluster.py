"""A MariaDB Galera Cluster of three nodes behind one writer address, whose nodes are killed and cut
off while orders come in.

A node that comes back gets what it has missed from another's memory of it (IST). Copying a whole
database (SST) is never needed, so a script of our own stands in for those that do it.
"""

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from database_proxy import DatabaseProxy
from kills import Load, recover, tried_again
from shop import CHEAP, Shop, threads
from stack import Failed, Skipped, Stack, demand, end, free_ports, poll, run_sql, spawn

LIBRARY = Path("/usr/lib/galera/libgalera_smm.so")
# How long a switch that looks each second may need to see that a node refuses.
CHECK_SECONDS = 1

# https://mariadb.com/kb/en/introduction-to-state-snapshot-transfers-ssts/: the joiner says where it
# can be reached (a file, here) and then what it has; the donor, asked to bypass the copy, tells it.
TRANSFER = """#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in
    --role) role=$2 ;;
    --address) address=$2 ;;
    --datadir) file=${2%/}.position ;;
    --parent) parent=$2 ;;
    --gtid) position=$2 ;;
    --bypass) bypass=yes ;;
    esac
    shift
done
if [ "$role" = joiner ]; then
    rm -f "$file"
    echo "ready $file"
    until [ -e "$file" ]; do
        kill -0 "$parent" || exit 1
        sleep 0.1
    done
    cat "$file"
elif [ -n "$bypass" ]; then
    echo "$position" >"$address.new"
    mv "$address.new" "$address"
    echo "done $position"
else
    echo "a copy of the whole database was asked for" >&2
    exit 1
fi
"""


class Node:
    """One server of the cluster."""

    def __init__(self, folder: Path, port: int, transfer_port: int, cluster: str):
        self.socket = folder / "mariadb.sock"
        self.data = folder / "db"
        self._log = folder / "log"
        self._process: subprocess.Popen | None = None
        scripts = folder.parent
        self._env = {**os.environ, "PATH": f"{scripts}:{os.environ['PATH']}:/usr/sbin:/sbin"}
        # A dead neighbour is missed after two seconds instead of five.
        provider = (
            f"gmcast.listen_addr=tcp://127.0.0.1:{port};ist.recv_addr=127.0.0.1:{transfer_port};"
            "gcache.size=64M;evs.keepalive_period=PT0.5S;evs.suspect_timeout=PT2S")
        # The settings of bin/lib/database.sh with less memory, and those of a cluster.
        self._command = [
            "mariadbd", "--no-defaults", *as_root(), f"--datadir={self.data}",
            f"--socket={self.socket}", f"--pid-file={folder}/pid", f"--tmpdir={folder}",
            "--skip-networking", "--default-time-zone=+00:00",
            "--transaction-isolation=READ-COMMITTED", "--innodb-flush-log-at-trx-commit=1",
            "--innodb-snapshot-isolation=ON", "--innodb-lock-wait-timeout=5",
            "--idle-transaction-timeout=10", "--local-infile=0", "--character-set-server=utf8mb4",
            "--max-connections=1000", "--innodb-buffer-pool-size=128M", "--binlog-format=ROW",
            # The triggers of the schema are made by an account without SUPER.
            "--log-bin-trust-function-creators=ON",
            "--innodb-autoinc-lock-mode=2", "--wsrep-on=ON", f"--wsrep-provider={LIBRARY}",
            f"--wsrep-cluster-address={cluster}", f"--wsrep-node-address=127.0.0.1:{port}",
            "--wsrep-sst-method=ist", f"--wsrep-provider-options={provider}",
        ]

    def start(self, *options: str) -> None:
        with self._log.open("a") as log:
            self._process = spawn(
                [*self._command, *options], env=self._env, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)

    def stop(self) -> None:
        if self._process:
            end(self._process)

    def kill(self) -> None:
        self.begin_kill()
        self._process.wait()

    def begin_kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)

    def rejoin(self) -> None:
        """Starts again after a kill, from the last transaction that is on disk.

        Asked for that position, the server removes old versions of rows all the same, and may
        never end: innodb_force_recovery=2 leaves that to the start that follows."""
        output = subprocess.run(
            [*self._command, "--wsrep-recover", "--innodb-force-recovery=2"], env=self._env,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        ).stderr
        found = re.search(r"Recovered position: *(\S+)", output)
        demand(found is not None, f"no position is left: {output[-600:]}")
        self.start(f"--wsrep-start-position={found[1]}")

    def sql(self, text: str) -> list[list[str]]:
        return run_sql(self.socket, text)

    def isolate(self, is_isolated: bool) -> None:
        """Cuts its connections to the other nodes, or allows them again."""
        self.sql(f"SET GLOBAL wsrep_provider_options = 'gmcast.isolate={is_isolated:d}'")

    def is_ready(self, size: int) -> bool:
        """Whether it answers, and has all that the others have, in a cluster of so many."""
        return self._status() == {
            "wsrep_cluster_size": str(size), "wsrep_local_state_comment": "Synced",
            "wsrep_ready": "ON"}

    def is_refusing(self) -> bool:
        """Whether it runs without the majority: it answers 1047."""
        return self._status().get("wsrep_ready") == "OFF"

    def _status(self) -> dict[str, str]:
        demand(self._process.poll() is None, f"a node has died: see {self._log}")
        try:
            return dict(self.sql(
                "SHOW GLOBAL STATUS WHERE variable_name IN "
                "('wsrep_cluster_size', 'wsrep_local_state_comment', 'wsrep_ready')"))
        except Failed:
            return {}

    def contents(self) -> dict[str, list[str]]:
        """The rows of each table, as statements in order of the key, after everything that was
        committed anywhere.

        CHECKSUM TABLE does not do: for a virtual column it counts bits that nobody has set yet."""
        self.sql("SET SESSION wsrep_sync_wait = 15; SELECT COUNT(*) FROM rushes.users")
        dump = subprocess.run(
            ["mariadb-dump", "--no-defaults", "--user=root", f"--socket={self.socket}",
             "--single-transaction", "--order-by-primary", "--skip-extended-insert", "--hex-blob",
             "--compact", "--no-create-info", "rushes"],
            check=True, capture_output=True, text=True, timeout=60).stdout
        rows: dict[str, list[str]] = {}
        for line in dump.splitlines():
            if line.startswith("INSERT INTO `"):
                rows.setdefault(line.split("`", 2)[1], []).append(line)
        return rows


class Cluster:
    """Three nodes in a folder, and the address of the one that is written to. Use it as a
    context."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="rushes-faults-"))
        ports = free_ports(6)
        cluster = "gcomm://" + ",".join(f"127.0.0.1:{port}" for port in ports[:3])
        self.nodes: list[Node] = []
        for number in range(3):
            folder = self.folder / str(number)
            folder.mkdir()
            self.nodes.append(Node(folder, ports[number], ports[3 + number], cluster))
        self.writer = self.nodes[0]
        self.address = DatabaseProxy(
            self.folder / "writer.sock", self.writer.socket, lambda _: None)

    def __enter__(self) -> "Cluster":
        try:
            self._start()
            self.address.__enter__()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind, error, trace) -> None:
        try:
            self.address.__exit__()
        finally:
            self._stop()
        if kind is None:
            shutil.rmtree(self.folder)

    def _start(self) -> None:
        script = self.folder / "wsrep_sst_ist"
        script.write_text(TRANSFER)
        script.chmod(0o755)
        first, *others = self.nodes
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", *as_root(), f"--datadir={first.data}",
             f"--tmpdir={first.data.parent}", "--skip-test-db", "--auth-root-authentication-method=normal"],
            check=True, stdout=subprocess.DEVNULL, timeout=120)
        first.start("--wsrep-new-cluster")
        poll(lambda: first.is_ready(1), 60, "the first node answers", pause=0.1)
        first.sql(
            "CREATE DATABASE rushes CHARACTER SET utf8mb4;"
            "CREATE USER 'rushes'@'localhost' IDENTIFIED BY 'rushes';"
            "CREATE USER 'owner'@'localhost' IDENTIFIED BY 'owner';"
            "GRANT ALL PRIVILEGES ON rushes.* TO 'owner'@'localhost' WITH GRANT OPTION")
        first.stop()
        for node in others:
            shutil.copytree(
                first.data, node.data, ignore=shutil.ignore_patterns("galera.cache"))
        first.start("--wsrep-new-cluster")
        # One after the other: two that join at once take long to agree on who is there.
        for size, node in enumerate(self.nodes, 1):
            if size > 1:
                node.start()
            poll(lambda node=node, size=size: node.is_ready(size), 60, "a node joins", pause=0.1)

    def _stop(self) -> None:
        for node in self.nodes:
            node.stop()

    def url(self, account: str) -> str:
        """The writer's address for an account, whose name is its password."""
        return _url(account, self.address.path)

    def node_urls(self, account: str) -> str:
        return ",".join(_url(account, node.socket) for node in self.nodes)

    def await_whole(self) -> None:
        poll(
            lambda: all(node.is_ready(3) for node in self.nodes), 90,
            "all nodes are back", pause=0.25)

    def _await_refusal(self) -> None:
        """Waits until the writer refuses, and for as long as nobody has noticed."""
        poll(self.writer.is_refusing, 60, "the writer is without majority", pause=0.1)
        time.sleep(CHECK_SECONDS)

    def _lead_on(self, cuts: bool = True) -> None:
        """Makes the next node the writer."""
        self.writer = self.nodes[(self.nodes.index(self.writer) + 1) % 3]
        self.writer.sql("SET GLOBAL read_only = 0")
        self.address.lead_to(self.writer.socket, cuts)

    # Faults. The context begins when orders can be answered again, and ends with all nodes on
    # their way back.

    @contextlib.contextmanager
    def writer_killed(self) -> Iterator[None]:
        lost = self.writer
        lost.kill()
        self._lead_on()
        yield
        lost.rejoin()

    @contextlib.contextmanager
    def writer_cut_off(self) -> Iterator[None]:
        lost = self.writer
        lost.isolate(True)
        self._await_refusal()
        self._lead_on()
        yield
        lost.isolate(False)

    @contextlib.contextmanager
    def writer_retired(self) -> Iterator[None]:
        """What a planned failover looks like: the writer takes no more changes, another node gets
        the address, and sessions that are open stay where they are."""
        self.writer.sql("SET GLOBAL read_only = 1")
        time.sleep(CHECK_SECONDS)
        self._lead_on(cuts=False)
        yield

    @contextlib.contextmanager
    def others_killed(self) -> Iterator[None]:
        """Without the majority the writer refuses too, until those who were with it last are all
        there again: one of them may have what it never heard of."""
        others = [node for node in self.nodes if node is not self.writer]
        # At once: one that lives on for the time that the other's end takes commits with the writer,
        # and may have what the writer has not when it dies. Then it could not come back without all
        # of another's data.
        for node in others:
            node.begin_kill()
        for node in others:
            node.kill()
        self._await_refusal()
        for node in others:
            node.rejoin()
        yield

    def compare(self) -> int:
        """Demands that all nodes hold the same; the number of rows."""
        first, *others = [node.contents() for node in self.nodes]
        tables = first.keys() | {name for each in others for name in each}
        different = [
            name for name in tables if any(each.get(name) != first.get(name) for each in others)]
        demand(not different, f"the nodes do not agree on {sorted(different)}")
        return sum(len(rows) for rows in first.values())


def _url(account: str, path: Path) -> str:
    return f"mariadb://{account}:{account}@localhost/rushes?socket={path}"


def as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def nodes(shop: Shop, dice: random.Random, rounds: int, orders: int) -> str:
    """The writer is killed, cut off from the other nodes, and retired, while orders come in and
    jobs run; then all nodes but the writer are killed (faults 50, 62). Healed is when an order is
    answered again, counted from when that became possible. It has a stack of its own, on the
    cluster."""
    if not LIBRARY.exists():
        raise Skipped("galera-4 is not installed")
    cluster = Cluster()
    stack = Stack(
        shop.stack.program_files, DATABASE_URL=cluster.url("rushes"),
        DATABASE_NODE_URLS=cluster.node_urls("rushes"), MIGRATE_DATABASE_URL=cluster.url("owner"))
    stack.database_socket = cluster.address.path
    try:
        with cluster:
            with stack:
                counts = _under_load(Shop(stack), dice, cluster, rounds, orders)
            rows = cluster.compare()
    except Failed as failure:
        raise Failed(f"{failure} (kept: {stack.folder}, {cluster.folder})") from failure
    return f"{counts}, the nodes agree on {rows} rows"


def _under_load(
    shop: Shop, dice: random.Random, cluster: Cluster, rounds: int, orders: int
) -> str:
    faults = [cluster.writer_killed, cluster.writer_cut_off, cluster.writer_retired] * rounds
    faults.append(cluster.others_killed)
    load = Load(dice, shop, orders, 2 * len(faults) + 1)
    customer = shop.customer(len(faults))
    slowest = 0.0
    with threads(4, load) as errors:
        try:
            for number, fault in enumerate(faults):
                load.go_on()
                time.sleep(dice.uniform(0.05, 0.3))
                with fault():
                    began = time.monotonic()
                    shop.order(customer, f"heals-{number}", CHEAP)
                    slowest = max(slowest, time.monotonic() - began)
                    load.go_on()
                cluster.await_whole()
                if errors:
                    break
            again = tried_again(shop, {})
        finally:
            load.go_on(all_of_it=True)
    demand(tried_again(shop, {}) == again, "a call had to be made again after all was healed")
    recover(shop)
    shop.check()
    demand(slowest < 10, f"healed after {slowest:.1f} s")
    logs = shop.stack.state / "log"
    wrong = (logs / "nginx-access.log").read_text().count('"status":"500"')
    demand(wrong == 0, f"{wrong} answers were 500")
    refused = sum(
        (logs / f"{service}.log").read_text().count("MariaDB 1047")
        for service in ("serve", "work"))
    demand(refused > 0, "nobody met a node without the majority")
    retired = cluster.address.refusals
    demand(retired > 0, "nobody met a writer that takes no changes")
    return (
        f"{rounds} writers killed, {rounds} cut off, {rounds} retired, 1 left alone, "
        f"{orders + len(faults)} orders, {again} calls made again, {refused} errors 1047 and "
        f"{retired} errors 1290, lost 0, twice 0, healed in "
        f"{slowest:.1f} s at most")
