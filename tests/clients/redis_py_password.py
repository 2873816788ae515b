"""redis-py against a server with a password. Usage: redis_py_password.py PORT PASSWORD"""
import sys

import redis

port, password = int(sys.argv[1]), sys.argv[2]

stranger = redis.Redis(port=port)
try:
    stranger.ping()
    raise AssertionError("served without a password")
except redis.AuthenticationError as error:
    assert "Authentication required" in str(error)

try:
    redis.Redis(port=port, password="wrong").ping()
    raise AssertionError("served with a wrong password")
except (redis.AuthenticationError, redis.ResponseError) as error:
    assert "invalid username-password pair" in str(error)

assert redis.Redis(port=port, password=password).ping()
assert redis.Redis(port=port, username="default", password=password).ping()
print("password asked for, refused, accepted")
