"""A libzmq peer for the interop tests: one JSON request per line on stdin, one JSON answer per line on stdout.

Every request names an op and, except for hello, a socket of ours by name. An answer without "err" is a success. A frame is
given as Latin-1 text or as the number of pattern bytes wanted; one received is told as its length, CRC and, if short, text.
"""
import json
import sys
import zlib

import zmq
from zmq.utils.monitor import recv_monitor_message

ctx = zmq.Context()
socks, monitors = {}, {}


def frame(f):
    if isinstance(f, int):
        return (bytes(range(251)) * (f // 251 + 1))[:f]
    return f.encode('latin1')


def told(f):
    return {'n': len(f), 'crc': zlib.crc32(f), 'text': f.decode('latin1') if len(f) < 2000 else ''}


def op_hello(q):
    return {'zmq': zmq.zmq_version(), 'pyzmq': zmq.__version__}


def op_open(q):
    s = ctx.socket(getattr(zmq, q['type']))
    s.linger, s.sndhwm, s.rcvhwm, s.ipv6, s.sndtimeo = 0, 0, 0, True, 20000
    for k, v in (q.get('opts') or {}).items():
        if isinstance(v, str):
            v = v.encode('latin1')
        s.setsockopt(getattr(zmq, k), v)
    for t in q.get('sub', []):
        s.setsockopt(zmq.SUBSCRIBE, t.encode('latin1'))
    monitors[q['name']] = s.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    socks[q['name']] = s
    if 'bind' in q:
        s.bind(q['bind'])
        return {'addr': s.getsockopt(zmq.LAST_ENDPOINT).rstrip(b'\0').decode()}
    s.connect(q['connect'])
    return {}


def op_send(q):
    socks[q['name']].send_multipart([frame(f) for f in q['frames']], copy=False)
    return {}


def op_recv(q):
    s = socks[q['name']]
    if not s.poll(q.get('ms', 20000)):
        return {'err': 'timeout'}
    return {'frames': [told(f) for f in s.recv_multipart()]}


def op_echo(q):
    s = socks[q['name']]
    if not s.poll(20000):
        return {'err': 'timeout'}
    m = s.recv_multipart()
    s.send_multipart(m)
    return {'frames': [told(f) for f in m]}


def op_drain(q):
    s, n = socks[q['name']], 0
    while n < q['n'] and s.poll(20000):
        s.recv_multipart()
        n += 1
    return {'n': n}


def op_sub(q):
    socks[q['name']].setsockopt(zmq.SUBSCRIBE, q['topic'].encode('latin1'))
    return {}


def op_unsub(q):
    socks[q['name']].setsockopt(zmq.UNSUBSCRIBE, q['topic'].encode('latin1'))
    return {}


def op_dropped(q):
    m, n = monitors[q['name']], 0
    while m.poll(10):
        recv_monitor_message(m)
        n += 1
    return {'n': n}


def op_close(q):
    s = socks.pop(q['name'])
    s.disable_monitor()
    monitors.pop(q['name'])
    s.close()
    return {}


for line in sys.stdin:
    q = json.loads(line)
    try:
        a = globals()['op_' + q['op']](q)
    except Exception as e:
        a = {'err': f'{type(e).__name__}: {e}'}
    print(json.dumps(a), flush=True)
