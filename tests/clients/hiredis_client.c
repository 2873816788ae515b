/* hiredis, the C client, at its defaults: blocking calls, a pipeline, binary and large values, a reconnect after
 * CLIENT KILL. Usage: hiredis_client PORT */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                              \
  do {                                                                                \
    if (!(condition)) {                                                               \
      fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);   \
      exit(1);                                                                        \
    }                                                                                 \
  } while (0)

static redisContext* open_client(int port) {
  redisContext* client = redisConnect("127.0.0.1", port);
  CHECK(client != NULL && client->err == 0);
  return client;
}

static void expect_text(redisReply* reply, int type, const char* text) {
  CHECK(reply != NULL && reply->type == type);
  CHECK(strcmp(reply->str, text) == 0);
  freeReplyObject(reply);
}

static void expect_integer(redisReply* reply, long long value) {
  CHECK(reply != NULL && reply->type == REDIS_REPLY_INTEGER && reply->integer == value);
  freeReplyObject(reply);
}

static void check_large_value(redisContext* client) {
  const size_t size = 5000000;
  char* value = malloc(size);
  for (size_t i = 0; i < size; ++i) value[i] = (char)(i * 2654435761u >> 13);
  expect_text(redisCommand(client, "SET large %b", value, size), REDIS_REPLY_STATUS, "OK");
  redisReply* reply = redisCommand(client, "GET large");
  CHECK(reply != NULL && reply->type == REDIS_REPLY_STRING && reply->len == size);
  CHECK(memcmp(reply->str, value, size) == 0);
  freeReplyObject(reply);
  free(value);
}

static void check_pipeline(redisContext* client) {
  const int requests = 20000;
  for (int i = 0; i < requests; ++i) CHECK(redisAppendCommand(client, "SET h:%d %d", i % 100, i) == REDIS_OK);
  for (int i = 0; i < requests; ++i) {
    redisReply* reply = NULL;
    CHECK(redisGetReply(client, (void**)&reply) == REDIS_OK);
    expect_text(reply, REDIS_REPLY_STATUS, "OK");
  }
  expect_text(redisCommand(client, "GET h:99"), REDIS_REPLY_STRING, "19999");
}

static void check_reconnect(redisContext* killer, int port) {
  redisContext* victim = open_client(port);
  redisReply* id = redisCommand(victim, "CLIENT ID");
  CHECK(id != NULL && id->type == REDIS_REPLY_INTEGER);
  expect_integer(redisCommand(killer, "CLIENT KILL ID %lld", id->integer), 1);
  freeReplyObject(id);
  redisReply* reply = redisCommand(victim, "PING");
  CHECK(reply == NULL && victim->err == REDIS_ERR_EOF);
  CHECK(redisReconnect(victim) == REDIS_OK);
  expect_text(redisCommand(victim, "PING"), REDIS_REPLY_STATUS, "PONG");
  redisFree(victim);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  const int port = atoi(argv[1]);
  redisContext* client = open_client(port);
  expect_text(redisCommand(client, "SET %s %s EX 100", "hiredis", "value"), REDIS_REPLY_STATUS, "OK");
  expect_text(redisCommand(client, "GET hiredis"), REDIS_REPLY_STRING, "value");
  expect_integer(redisCommand(client, "TTL hiredis"), 100);
  expect_text(redisCommand(client, "INCR hiredis"), REDIS_REPLY_ERROR, "ERR value is not an integer or out of range");
  redisReply* reply = redisCommand(client, "MGET hiredis none");
  CHECK(reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2);
  CHECK(reply->element[0]->type == REDIS_REPLY_STRING && reply->element[1]->type == REDIS_REPLY_NIL);
  freeReplyObject(reply);
  reply = redisCommand(client, "SCAN 0 MATCH hiredis COUNT 100000");
  CHECK(reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2);
  CHECK(reply->element[1]->elements == 1);
  freeReplyObject(reply);
  check_large_value(client);
  check_pipeline(client);
  check_reconnect(client, port);
  redisFree(client);
  printf("hiredis %d.%d.%d\n", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
  return 0;
}
