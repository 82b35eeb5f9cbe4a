# Processes: each known by its pid and its birth, in a group of its own. Sourced, not run.
# shellcheck shell=bash

# When a process began, in clock ticks since boot: with its pid, the name of one process. Fails for
# one that is dead, waited for or not.
birth_of() {
    local stat
    { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The second field is a program's name in brackets and may hold anything.
    read -ra stat <<<"${stat##*) }"
    [[ ${stat[0]} != [ZX] ]] || return 1
    echo "${stat[19]}"
}

is_alive() {
    birth_of "$1" >/dev/null
}

# Notes the process $2 in the file $1, for `noted_process`.
note_process() {
    echo "$2 $(birth_of "$2" || echo dead) $(</proc/sys/kernel/random/boot_id)" >"$1"
}

# Prints the pid noted in the file $1, if that very process lives, or if it died and left others of
# its process group behind (nginx's workers, an ffmpeg). Never another process with a reused pid.
noted_process() {
    local pid birth boot now
    { read -r pid birth boot <"$1"; } 2>/dev/null || return 1
    [[ $boot == "$(</proc/sys/kernel/random/boot_id)" ]] || return 1
    if now=$(birth_of "$pid"); then
        [[ $now == "$birth" ]] || return 1
    else
        pgrep --pgroup "$pid" --runstates D,R,S,T,t,I >/dev/null || return 1
    fi
    echo "$pid"
}

# Runs a program in a process group of its own, that ends with us even if we are killed outright.
# For a background job's last command.
exec_guarded() {
    exec setsid setpriv --pdeathsig TERM -- "$@"
}

# Sends SIGTERM to the processes noted in the files, and SIGKILL to what is left of their groups
# once they are gone, or after $1 seconds.
stop_noted() {
    local patience=$1 file pid deadline
    shift
    for file; do
        if pid=$(noted_process "$file"); then
            kill -TERM "$pid" 2>/dev/null || true
        fi
    done
    deadline=$((SECONDS + patience))
    for file; do
        while pid=$(noted_process "$file"); do
            if ! is_alive "$pid" || ((SECONDS >= deadline)); then
                kill -KILL -- "-$pid" 2>/dev/null || true
            fi
            sleep 0.05
        done
        rm -f "$file"
    done
}
