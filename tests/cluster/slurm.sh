#!/bin/sh
# A real SLURM cluster of one node, without root, systemd or a database: sh slurm.sh start|stop DIR
# Everything is below DIR and its ports are its own. Only who sets SLURM_CONF=DIR/slurm.conf and puts DIR/bin first on
# the PATH sees it: with a slurm.conf in /etc and no controller, every call of Snakemake's plugin takes 9 s more.
set -eu
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$2"
dir=$(cd "$2" && pwd)

start() {
    mkdir -p "$dir/munge" "$dir/state" "$dir/spool" "$dir/bin"
    chmod 755 "$dir/munge"
    head -c 1024 /dev/urandom >"$dir/munge/key"
    chmod 400 "$dir/munge/key"
    munged --force --num-threads=2 --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" \
        --log-file="$dir/munge/log" --seed-file="$dir/munge/seed"
    host=$(hostname -s)
    user=$(id -un)
    memory=$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
    ports=$(python3 -c 'import socket
taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(s.getsockname()[1] for s in taken))')
    # Memory is watched every second and what is over its request is killed, as control groups would do at once.
    # config_overrides: two cores whatever the machine has, so that a third job waits in any test.
    # MinJobAge: a test asks for the states of all its jobs at its end, however slow the machine.
    cat >"$dir/slurm.conf" <<CONF
ClusterName=evigil
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports% *}
SlurmdPort=${ports#* }
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/munge/socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
KillWait=1
ReturnToService=2
MinJobAge=3600
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=$memory
PartitionName=short Nodes=$host Default=YES MaxTime=240 State=UP
PartitionName=long Nodes=$host MaxTime=INFINITE State=UP
CONF
    export SLURM_CONF="$dir/slurm.conf"
    # Snakemake's plugin takes SLURM_CONF from the steps of a job; DIR/bin comes first on the PATH of who submits
    printf '#!/bin/sh\nSLURM_CONF=%s exec %s "$@"\n' "$SLURM_CONF" "$(command -v srun)" >"$dir/bin/srun"
    chmod 755 "$dir/bin/srun"
    slurmctld -c
    slurmd -c
    for _ in $(seq 300); do
        [ "$(sinfo --noheader --format %T 2>/dev/null | sort -u)" = idle ] && return
        sleep 0.1
    done
    echo "slurm.sh: the node is not idle after 30 s; see $dir/slurmctld.log and $dir/slurmd.log" >&2
    exit 1
}

stop() {
    export SLURM_CONF="$dir/slurm.conf"
    scancel --full --signal=KILL --user="$(id -un)" 2>/dev/null || true
    for pid in slurmctld.pid slurmd.pid munge/pid; do
        if [ -s "$dir/$pid" ]; then kill "$(cat "$dir/$pid")" 2>/dev/null || true; fi
    done
}

"$1"
