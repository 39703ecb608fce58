"""Command lines for `docker create`: what the client takes, and what it refuses."""

from __future__ import annotations

FLAGS = """
--add-host db:10.0.0.1 --add-host "api:::1" --add-host gw:host-gateway
--add-host api=::1
--annotation a=b --annotation c=d=e
-a stdin
--attach stdout --attach stderr
--blkio-weight 300
--blkio-weight-device /dev/null:100
--cap-add NET_ADMIN
--cap-add cap_sys_time --cap-add=CAP_SYS_ADMIN
--cap-add ALL
--cap-drop all
--cap-drop ALL --cap-add chown --cap-add NET_BIND_SERVICE
--cgroup-parent /some
--cgroupns host
--cgroupns private
--cidfile cid
--cpu-period 50000 --cpu-quota 25000
--cpu-shares 512
-c 512
--cpu-rt-period 1000000 --cpu-rt-runtime 950000
--cpus 1.5
--cpus=.25
--cpus 2
--cpuset-cpus 0
--cpuset-mems 0
--device /dev/null
--device /dev/null:/dev/other
--device /dev/null:r
--device /dev/null:/dev/x:rw --device=/dev/zero:/dev/zero:m
--device vendor.com/class=gpu0
--device-cgroup-rule 'c 42:* rmw' --device-cgroup-rule "b 1:3 r"
--device-read-bps /dev/null:1mb
--device-read-iops /dev/null:100
--device-write-bps /dev/null:2mb
--device-write-iops /dev/null:50
--disable-content-trust
--dns 1.1.1.1 --dns 8.8.8.8
--dns-option ndots:2
--dns-opt timeout:1
--dns-search example.com
--domainname example.com
--entrypoint /bin/sh
--entrypoint ""
--entrypoint=
-e A=1 -e B= -eC=3 -e=D=4 --env E='x y' --env=F=a=b
-e A=1 -e A=2
-e NOBODY_SETS_THIS
--env-file variables -e A=2
--expose 80 --expose 90-92/udp
--gpus all
--gpus 2
--gpus device=0
--group-add audio --group-add 999
--health-cmd 'curl -f http://localhost || exit 1' --health-interval 1m30s --health-retries 5
--health-timeout 5s --health-start-period 1h
--health-cmd true --health-start-interval 3s
--health-interval 500ms
--health-cmd ''
--no-healthcheck
--no-healthcheck=false
-h box
--hostname box
-hbox
--init
--init=false
-i
-it
-ti
-i -a stdin
-i -a stdout
--ip 10.0.0.9 --network custom
--ip6 fd00::9 --network custom
--ipc none
--ipc host
--ipc private
--ipc shareable
--ipc container:other
--isolation default
--kernel-memory 64m
-l a -l b=c --label d=e=f --label=g=
--label-file labels -l one=2
--link other:alias --link third
--link-local-ip 169.254.1.1 --network custom
--log-driver json-file --log-opt max-size=10m --log-opt max-file=3
--log-driver none
--log-opt max-size=1m
--log-driver=local
--mac-address 92:d0:c6:0a:29:33
-m 512m
-m512M
--memory=1.5g
--memory 1073741824
--memory 6mib
--memory 10MB
--memory 8388608b
-m 1g --memory-swap 2g
-m 1g --memory-swap -1
-m 1g --memory-swap=1g
-m 512m --memory-reservation 256m
--memory-swappiness 0
--memory-swappiness 60
--mount type=bind,source=/etc,target=/host/etc,readonly
--mount type=bind,src=/etc,dst=/x,ro=true
--mount type=bind,src=/etc,dst=/x,readonly=false
--mount type=bind,src=/etc,destination=/x,bind-propagation=rslave
--mount type=bind,src=/etc,dst=/x,bind-recursive=disabled
--mount source=data,target=/data
--mount type=volume,target=/anonymous
--mount type=volume,src=data,dst=/data,volume-nocopy
--mount type=volume,src=data,dst=/data,volume-nocopy=true
--mount type=tmpfs,destination=/run,tmpfs-size=64m,tmpfs-mode=1770
--mount type=tmpfs,target=/tmp
--mount '"type=bind","src=/etc","dst=/with,comma"'
--mount TYPE=bind,SRC=/etc,DST=/x
--name some
--name=some-other
--network host
--network none
--network bridge
--network default
--network container:other
--network custom
--network=custom --network-alias one --network-alias two
--network name=custom,alias=one,alias=two
--network custom --network second
--network name=custom,ip=10.0.0.3
--net host
--net=container:other
--net custom --net-alias x
--oom-kill-disable
--oom-kill-disable=false
--oom-score-adj -500
--oom-score-adj=1000
--pid host
--pid container:other
--pids-limit 100
--pids-limit -1
--pids-limit 0
--platform linux/amd64
--privileged
--privileged=true
--privileged=false
--privileged=1
--privileged=0
--privileged --privileged=false
-p 80
-p 8080:80
-p8080:80
-p 127.0.0.1:8080:80
-p 127.0.0.1::80
-p 0.0.0.0:8080:80/udp
-p '[::1]:8080:80'
-p ::1:8080:80
-p 8000-8005:80
-p 8000-8002:9000-9002/tcp
-p 9000-9002
-p 53:53/UDP -p 53:53/tcp
-p 80:80 -p 81:80
-p published=8080,target=80,protocol=tcp
-p target=80
-p published=8080,target=80
-P
--publish-all
--publish-all=false -p 80
--pull never
-q
--read-only
--read-only=false
--read-only --tmpfs /run --tmpfs /tmp:rw,noexec,nosuid,size=64m,mode=1777
--restart always
--restart no
--restart unless-stopped
--restart on-failure
--restart on-failure:5
--restart=
--rm
--rm=false --restart always
--rm --restart no
--runtime runc
--security-opt no-new-privileges
--security-opt no-new-privileges:true
--security-opt no-new-privileges=false
--security-opt seccomp=unconfined --security-opt apparmor=unconfined
--security-opt apparmor:unconfined
--security-opt label=disable
--security-opt label:type:svirt_apache_t
--security-opt systempaths=unconfined
--shm-size 128m
--shm-size=1g
--shm-size 0
--stop-signal SIGQUIT
--stop-signal=9
--stop-timeout 30
--stop-timeout=0
--storage-opt size=10G
--sysctl net.ipv4.ip_forward=1 --sysctl kernel.shmmax=100000
--tmpfs /run
--tmpfs /run:size=1m,mode=700 --tmpfs /tmp
-t
--tty
--ulimit nofile=1024
--ulimit nofile=1024:2048 --ulimit core=0 --ulimit nproc=-1
--ulimit nofile=1 --ulimit nofile=3:4
--ulimit memlock=-1:-1
-u 1000
-u 1000:1000
--user nobody
-u=app:app
--user ''
--use-api-socket
--userns host
--uts host
-v /etc:/host
-v /etc:/host:ro
-v /etc/:/host/ -v /usr/../etc:/x//y
-v /etc:/host:ro,Z
-v /etc:/host:z
-v /etc:/host:rshared
-v /etc:/host:rw,rslave,z
-v data:/data
-v data:/data:nocopy
-v data:/data:ro,nocopy
-v /anonymous
-v ./relative:/x
-v ../up:/x:ro
-v .:/x
-v /var/run/docker.sock:/var/run/docker.sock
-v /a:/b -v /c:/d --volume=/e:/f
-v /:/host:ro,rslave
-v "/with space:/x y"
-v /etc:/host:cached
--volume-driver local
--volume-driver local -v data:/data
--volumes-from other
--volumes-from other:ro --volumes-from third:z
-w /srv
--workdir=/srv
-itP -m 64m --rm --name xy
-itw/srv -ua:b
-it=false
-i=0 -t=T
--init --read-only --cap-drop ALL --security-opt no-new-privileges -u 1000 -m 64m --pids-limit 50
-v /etc:/a -p 1:1 -e A=B --network host --pid host --ipc host --uts host --privileged
--
""".strip().split("\n")
"""Flags in front of the image; each line is one test."""

WITH_COMMANDS = (
    """
IMAGE
IMAGE sh -c 'echo hello'
IMAGE -p 80:80 --privileged
-e A=B IMAGE --env C=D
-- IMAGE -x
--entrypoint sh IMAGE -c ls
--entrypoint '' IMAGE ls
--rm -it IMAGE ls -la "/a b"
-v "/a b":/c -e 'X=$HOME' -e Y="a\\"b" IMAGE
-e X=a\\ b --label 'it'"'"'s=1' IMAGE
-e "MULTI=a
b" IMAGE
""".strip()
    .replace("a\nb", "a\0b")
    .split("\n")
)
WITH_COMMANDS = [case.replace("\0", "\n") for case in WITH_COMMANDS]
"""Whole lines; `IMAGE` stands for the image."""

NEWER = frozenset(
    {
        "--add-host api=::1",
        "--device vendor.com/class=gpu0",
        "--kernel-memory 64m",
        "--mac-address 92:d0:c6:0a:29:33",
        "--mount type=bind,src=/etc,dst=/x,bind-recursive=disabled",
        "-p ::1:8080:80",
        "-v ./relative:/x",
        "-v ../up:/x:ro",
        "-v .:/x",
    }
)
"""Those that clients before version 28 do not take, or ask for in another way."""

REFUSED = r"""
--no-such-flag IMAGE
--privilegd IMAGE
-X IMAGE
-itX IMAGE
-d IMAGE
--detach IMAGE
--sig-proxy IMAGE
--privileged=maybe IMAGE
--privileged=yes IMAGE
--read-only= IMAGE
--memory lots IMAGE
--memory -1 IMAGE
-m 5x IMAGE
--shm-size 1kk IMAGE
--cpus one IMAGE
--cpus 0.0000000001 IMAGE
--pids-limit many IMAGE
--oom-score-adj 1.5 IMAGE
--cpu-shares x IMAGE
--restart on-failure:x IMAGE
--restart :3 IMAGE
--rm --restart always IMAGE
--ulimit nofile IMAGE
--ulimit nofile=a IMAGE
--ulimit nofile=5:3 IMAGE
--ulimit files=5 IMAGE
--device /a:/b:xyz IMAGE
--device-cgroup-rule 'c 1 r' IMAGE
-p 80:80:80:80 IMAGE
-p 99999:80 IMAGE
-p x:80 IMAGE
-p 80/foo IMAGE
-p 10-20:5-6 IMAGE
-p 20-10:20-10 IMAGE
-p 1.2.3:80:80 IMAGE
-p published=1,target IMAGE
-p "" IMAGE
--expose x IMAGE
--expose 80:80 IMAGE
--mount type=bind,src=/a IMAGE
--mount type=bind,src=/a,dst=/b,foo=bar IMAGE
--mount type=bind,src=/a,dst=/b,foo IMAGE
--mount type=bind,src=/a,dst=/b,readonly=perhaps IMAGE
--mount type=tmpfs,dst=/t,tmpfs-size=big IMAGE
--mount 'type=bind,"src=/a,dst=/b' IMAGE
--mount 'type=bind,src=/"a,dst=/b' IMAGE
-v a:b:c:d IMAGE
-e =x IMAGE
-e '' IMAGE
--env-file spaced IMAGE
--add-host a:b IMAGE
--network name=custom,alias=a --network-alias b IMAGE
--env-file no-such-file IMAGE
--label-file no-such-file IMAGE
--log-driver none --log-opt a=b IMAGE
--no-healthcheck --health-cmd true IMAGE
--health-interval 5 IMAGE
--health-interval 5x IMAGE
--health-retries x IMAGE
--add-host lonely IMAGE
--sysctl a IMAGE
--sysctl vm.swappiness=1 IMAGE
--security-opt nonsense IMAGE
--network name=x,foo=bar IMAGE
--network alias=x IMAGE
--network host --network-alias x IMAGE
--network-alias x IMAGE
--network host --network custom IMAGE
--name
--name x
-p
--memory 6m
""".strip().split("\n")
"""Lines that the client refuses before it asks the engine."""
