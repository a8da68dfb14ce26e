#!/bin/bash
# mariadb.sh - a private MariaDB server for one test run: own directory, own port, loopback only, and only
# the account 'twofold' with the password 'test password/1' beside root. Nothing of the system's server,
# if there is one, is read or touched.
#
#   mariadb.sh start DIR PORT OWNER   makes DIR/data when missing, starts it, waits until it answers;
#                                     ends by itself when the process OWNER has gone
#   mariadb.sh create DIR NAME        an empty database for 'twofold'
#   mariadb.sh sql DIR STATEMENTS     as root
#   mariadb.sh kill DIR               SIGKILL, as a crash
#   mariadb.sh stop DIR               SIGTERM, and waits
# Environment: DURABLE=1 (start) syncs every commit to the disk; BUFFER_POOL, LOG_FILE_SIZE (64M).
# Exit 0: done. 3: PORT is taken (choose another). 1: anything else; the log is DIR/error.log.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

command=$1
dir=$2
socket=$dir/sock

as_root_user() { mariadb --no-defaults --socket="$socket" --user=root --batch --skip-column-names "$@"; }

# MariaDB refuses to run as root; the account comes with its package.
unprivileged() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=mysql --regid=mysql --clear-groups --no-new-privs -- "$@"
    else
        "$@"
    fi
}

running() { [ -s "$dir/pid" ] && kill -0 "$(cat "$dir/pid")" 2> /dev/null; }

wait_gone() {
    for _ in $(seq 200); do
        running || return 0
        sleep 0.05
    done
    return 1
}

case $command in
    start)
        port=$3
        owner=$4
        fresh=
        if [ ! -d "$dir/data/mysql" ]; then
            fresh=1
            mkdir -p "$dir/data"
            if [ "$(id -u)" = 0 ]; then
                chown mysql "$dir" "$dir/data"
                user=--user=mysql
            fi
            mariadb-install-db --no-defaults ${user:-} --datadir="$dir/data" --skip-test-db \
                --auth-root-authentication-method=normal --skip-name-resolve \
                --innodb-log-file-size=64M --innodb-flush-method=nosync > "$dir/install.log" 2>&1
        fi
        rm -f "$dir/pid"
        # A killed process loses nothing that it had written, synced or not; only a bench, which measures
        # commits, waits for the disk.
        if [ -n "${DURABLE:-}" ]; then
            sync=(--innodb-flush-log-at-trx-commit=1)
        else
            sync=(--innodb-flush-log-at-trx-commit=2 --innodb-flush-method=nosync)
        fi
        unprivileged setsid mariadbd --no-defaults --datadir="$dir/data" --socket="$socket" \
            --bind-address=127.0.0.1 --port="$port" --pid-file="$dir/pid" \
            --log-error="$dir/error.log" --skip-name-resolve --skip-log-bin \
            "${sync[@]}" --innodb-buffer-pool-size="${BUFFER_POOL:-64M}" \
            --innodb-log-file-size="${LOG_FILE_SIZE:-64M}" --max-connections=200 \
            --performance-schema=OFF < /dev/null > /dev/null 2>&1 &
        server=$!
        for _ in $(seq 600); do
            if ! kill -0 "$server" 2> /dev/null; then
                grep -qi "Can't start server.*port\|Bind on TCP/IP port" "$dir/error.log" && exit 3
                tail -n 5 "$dir/error.log" >&2
                exit 1
            fi
            # The socket also answers before the port is bound; the pid file comes last.
            if [ -s "$dir/pid" ] && as_root_user -e 'SELECT 1' > /dev/null 2>&1; then break; fi
            sleep 0.05
        done
        running || exit 1
        if [ -n "$fresh" ]; then
            for host in localhost 127.0.0.1; do
                as_root_user -e "CREATE USER twofold@'$host' IDENTIFIED BY 'test password/1'"
            done
        fi
        pid=$(cat "$dir/pid")
        (
            exec < /dev/null > /dev/null 2>&1
            while kill -0 "$owner" 2> /dev/null && kill -0 "$pid" 2> /dev/null; do sleep 1; done
            kill -0 "$owner" 2> /dev/null || kill -KILL "$pid" 2> /dev/null
        ) &
        ;;
    create)
        name=$3
        as_root_user -e "CREATE DATABASE \`$name\`"
        for host in localhost 127.0.0.1; do
            as_root_user -e "GRANT ALL ON \`$name\`.* TO twofold@'$host'"
        done
        ;;
    sql)
        as_root_user -e "$3"
        ;;
    kill)
        kill -KILL "$(cat "$dir/pid")"
        wait_gone
        ;;
    stop)
        if running; then
            kill -TERM "$(cat "$dir/pid")"
            wait_gone || kill -KILL "$(cat "$dir/pid")"
        fi
        ;;
    *)
        sed -n '2,15p' "$0" >&2
        exit 1
        ;;
esac
