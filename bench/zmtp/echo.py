"""Echo ROUTER on pyzmq; prints where it is bound."""
import os

import zmq

s = zmq.Context().socket(zmq.ROUTER)
if 'ZMTP_BENCH_SECRET' in os.environ:
    s.curve_server, s.curve_secretkey = True, os.environ['ZMTP_BENCH_SECRET'].encode()
s.sndhwm = s.rcvhwm = 0
print(f"127.0.0.1:{s.bind_to_random_port('tcp://127.0.0.1')}", flush=True)
while True:
    s.send_multipart(s.recv_multipart(copy=True), copy=True)
