/*
 * An OPC UA server on open62541 1.4 that writes counters by the wall clock and logs every value it writes.
 * Parameters are key=value; README.md has the list. Node ids are strings in namespace urn:fedshell:peer.
 */
#include <fcntl.h>
#include <open62541/plugin/accesscontrol_default.h>
#include <open62541/plugin/log_stdout.h>
#include <open62541/plugin/pki_default.h>
#include <open62541/server.h>
#include <open62541/server_config_default.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CATCH_UP_MS 1000.0
#define TICKS_PER_MS 10000.0

static volatile UA_Boolean running = true;
static void stop(int signal) { (void)signal; running = false; }

/* One kind of node: all of them get value number k at epoch + k * periodMs. */
typedef struct {
  int count;
  double periodMs;
  long long last;
  UA_NodeId *ids;
} Group;

static Group waves, scalars, changes;
static int waveLength, changeOneIn;
static long long firstChange;
static double epochMs;
static float *block;
static int logFile = -1;
static char logText[1 << 16];
static size_t logLength;

static int argumentCount;
static char **arguments;

static const char *argument(const char *name, const char *otherwise) {
  size_t length = strlen(name);
  for (int i = 1; i < argumentCount; i++) {
    if (strncmp(arguments[i], name, length) == 0 && arguments[i][length] == '=') return arguments[i] + length + 1;
  }
  return otherwise;
}

static void flushLog(void) {
  size_t done = 0;
  while (logFile >= 0 && done < logLength) {
    ssize_t written = write(logFile, logText + done, logLength - done);
    if (written < 0) { perror("write log"); exit(3); }
    done += (size_t)written;
  }
  logLength = 0;
}

/* Written before the value is shown: a killed server may have logged what it never showed, not the reverse. */
static void note(const char *format, ...) {
  if (logLength > sizeof(logText) - 256) flushLog();
  va_list values;
  va_start(values, format);
  logLength += (size_t)vsnprintf(logText + logLength, 256, format, values);
  va_end(values);
}

static double nowMs(void) { return (double)(UA_DateTime_now() - UA_DATETIME_UNIX_EPOCH) / TICKS_PER_MS; }

static double timeOf(const Group *group, long long number) { return epochMs + (double)number * group->periodMs; }

static void put(UA_Server *server, UA_NodeId id, UA_Variant value, double atMs) {
  UA_DataValue data;
  UA_DataValue_init(&data);
  data.hasValue = true;
  data.value = value;
  data.value.storageType = UA_VARIANT_DATA_NODELETE;
  data.hasSourceTimestamp = true;
  data.sourceTimestamp = UA_DATETIME_UNIX_EPOCH + (UA_DateTime)(atMs * TICKS_PER_MS + 0.5);
  UA_StatusCode status = UA_Server_writeDataValue(server, id, data);
  if (status != UA_STATUSCODE_GOOD) { fprintf(stderr, "write: %s\n", UA_StatusCode_name(status)); exit(3); }
}

/* The number after the last one that is due, or 0 if none is; what is too old to catch up with was never written. */
static UA_Boolean due(Group *group, long long *first, long long *end) {
  if (group->count == 0) return false;
  double behindMs = nowMs() - epochMs;
  *end = (long long)(behindMs / group->periodMs) + 1;
  *first = group->last + 1;
  long long oldest = (long long)((behindMs - CATCH_UP_MS) / group->periodMs);
  if (*first < oldest) *first = oldest;
  if (*first >= *end) return false;
  group->last = *end - 1;
  return true;
}

static void writeWaves(UA_Server *server) {
  long long first, end;
  if (!due(&waves, &first, &end)) return;
  for (long long number = first; number < end; number++) note("W %lld %.4f\n", number, timeOf(&waves, number));
  flushLog();
  for (long long number = first; number < end; number++) {
    block[0] = (float)(number % 16777216);
    UA_Variant value;
    UA_Variant_init(&value);
    UA_Variant_setArray(&value, block, (size_t)waveLength, &UA_TYPES[UA_TYPES_FLOAT]);
    for (int i = 0; i < waves.count; i++) put(server, waves.ids[i], value, timeOf(&waves, number));
  }
}

static void writeScalars(UA_Server *server) {
  long long first, end;
  if (!due(&scalars, &first, &end)) return;
  for (long long number = first; number < end; number++) note("S %lld %.4f\n", number, timeOf(&scalars, number));
  flushLog();
  for (long long number = first; number < end; number++) {
    double counter = (double)number;
    UA_Variant value;
    UA_Variant_init(&value);
    UA_Variant_setScalar(&value, &counter, &UA_TYPES[UA_TYPES_DOUBLE]);
    for (int i = 0; i < scalars.count; i++) put(server, scalars.ids[i], value, timeOf(&scalars, number));
  }
}

/* A change at irregular times, the same in every server and after every restart; every node has a value at the start. */
static UA_Boolean changesAt(long long number, int index) {
  if (number == firstChange) return true;
  UA_UInt32 mixed = (UA_UInt32)number * 2654435761u + (UA_UInt32)index * 40503u;
  mixed ^= mixed >> 15;
  return mixed % (UA_UInt32)changeOneIn == 0;
}

static void writeChanges(UA_Server *server) {
  long long first, end;
  if (!due(&changes, &first, &end)) return;
  for (long long number = first; number < end; number++) {
    for (int i = 0; i < changes.count; i++) {
      if (changesAt(number, i)) note("C%d %lld %.4f\n", i, number, timeOf(&changes, number));
    }
  }
  flushLog();
  for (long long number = first; number < end; number++) {
    for (int i = 0; i < changes.count; i++) {
      if (!changesAt(number, i)) continue;
      UA_Int32 counter = (UA_Int32)number;
      UA_Variant value;
      UA_Variant_init(&value);
      UA_Variant_setScalar(&value, &counter, &UA_TYPES[UA_TYPES_INT32]);
      put(server, changes.ids[i], value, timeOf(&changes, number));
    }
  }
}

static void tick(UA_Server *server, void *unused) {
  (void)unused;
  writeWaves(server);
  writeScalars(server);
  writeChanges(server);
}

static UA_NodeId addVariable(UA_Server *server, UA_UInt16 space, UA_NodeId parent, char *name, UA_VariableAttributes attributes) {
  UA_NodeId id = UA_NODEID_STRING_ALLOC(space, name);
  attributes.displayName = UA_LOCALIZEDTEXT("", name);
  attributes.accessLevel = UA_ACCESSLEVELMASK_READ;
  UA_Server_addVariableNode(server, id, parent, UA_NODEID_NUMERIC(0, UA_NS0ID_HASCOMPONENT), UA_QUALIFIEDNAME(space, name),
                            UA_NODEID_NUMERIC(0, UA_NS0ID_BASEDATAVARIABLETYPE), attributes, NULL, NULL);
  return id;
}

static void addGroup(UA_Server *server, UA_UInt16 space, UA_NodeId parent, Group *group, const char *prefix, UA_VariableAttributes attributes) {
  group->ids = calloc((size_t)group->count + 1, sizeof(UA_NodeId));
  group->last = (long long)((nowMs() - epochMs) / group->periodMs) - 1;
  for (int i = 0; i < group->count; i++) {
    char name[32];
    snprintf(name, sizeof(name), "%s%d", prefix, i);
    group->ids[i] = addVariable(server, space, parent, name, attributes);
  }
}

static void addNodes(UA_Server *server) {
  UA_UInt16 space = UA_Server_addNamespace(server, "urn:fedshell:peer");
  UA_NodeId line = UA_NODEID_STRING_ALLOC(space, "Line");
  UA_ObjectAttributes object = UA_ObjectAttributes_default;
  object.displayName = UA_LOCALIZEDTEXT("", "Line");
  UA_Server_addObjectNode(server, line, UA_NODEID_NUMERIC(0, UA_NS0ID_OBJECTSFOLDER), UA_NODEID_NUMERIC(0, UA_NS0ID_ORGANIZES),
                          UA_QUALIFIEDNAME(space, "Line"), UA_NODEID_NUMERIC(0, UA_NS0ID_BASEOBJECTTYPE), object, NULL, NULL);
  block = calloc((size_t)waveLength, sizeof(float));
  for (int i = 0; i < waveLength; i++) block[i] = (float)(i % 8) / 8;
  UA_UInt32 length = (UA_UInt32)waveLength;
  UA_VariableAttributes wave = UA_VariableAttributes_default;
  wave.dataType = UA_TYPES[UA_TYPES_FLOAT].typeId;
  wave.valueRank = UA_VALUERANK_ONE_DIMENSION;
  wave.arrayDimensions = &length;
  wave.arrayDimensionsSize = 1;
  UA_Variant_setArray(&wave.value, block, length, &UA_TYPES[UA_TYPES_FLOAT]);
  addGroup(server, space, line, &waves, "Wave", wave);
  UA_Double zero = 0;
  UA_VariableAttributes scalar = UA_VariableAttributes_default;
  scalar.dataType = UA_TYPES[UA_TYPES_DOUBLE].typeId;
  scalar.valueRank = UA_VALUERANK_SCALAR;
  UA_Variant_setScalar(&scalar.value, &zero, &UA_TYPES[UA_TYPES_DOUBLE]);
  addGroup(server, space, line, &scalars, "S", scalar);
  UA_Int32 none = 0;
  UA_VariableAttributes change = UA_VariableAttributes_default;
  change.dataType = UA_TYPES[UA_TYPES_INT32].typeId;
  change.valueRank = UA_VALUERANK_SCALAR;
  UA_Variant_setScalar(&change.value, &none, &UA_TYPES[UA_TYPES_INT32]);
  addGroup(server, space, line, &changes, "C", change);
  firstChange = changes.last + 1;
}

static UA_ByteString fileOf(const char *path) {
  UA_ByteString content = UA_BYTESTRING_NULL;
  FILE *file = fopen(path, "rb");
  if (file == NULL) { perror(path); exit(3); }
  fseek(file, 0, SEEK_END);
  UA_ByteString_allocBuffer(&content, (size_t)ftell(file));
  rewind(file);
  if (fread(content.data, 1, content.length, file) != content.length) { perror(path); exit(3); }
  fclose(file);
  return content;
}

/* With a certificate the server offers secure endpoints only. */
static void configure(UA_ServerConfig *config, UA_UInt16 port) {
  const char *certificatePath = argument("certificate", NULL);
  UA_StatusCode status;
  if (certificatePath == NULL) {
    status = UA_ServerConfig_setMinimal(config, port, NULL);
  } else {
    UA_ByteString certificate = fileOf(certificatePath);
    UA_ByteString key = fileOf(argument("key", ""));
    const char *trusted = argument("trusted", NULL);
    UA_ByteString trust = trusted == NULL ? UA_BYTESTRING_NULL : fileOf(trusted);
    status = UA_ServerConfig_setDefaultWithSecureSecurityPolicies(config, port, &certificate, &key, &trust, trusted == NULL ? 0 : 1,
                                                                  NULL, 0, NULL, 0);
    if (trusted == NULL) {
      UA_CertificateVerification_AcceptAll(&config->secureChannelPKI);
      UA_CertificateVerification_AcceptAll(&config->sessionPKI);
    }
    UA_String_clear(&config->applicationDescription.applicationUri);
    config->applicationDescription.applicationUri = UA_STRING_ALLOC(argument("applicationUri", "urn:fedshell:peer:server"));
    for (size_t i = 0; i < config->endpointsSize; i++) {
      UA_String_clear(&config->endpoints[i].server.applicationUri);
      config->endpoints[i].server.applicationUri = UA_STRING_ALLOC(argument("applicationUri", "urn:fedshell:peer:server"));
    }
  }
  const char *user = argument("user", NULL);
  if (status == UA_STATUSCODE_GOOD && user != NULL) {
    UA_UsernamePasswordLogin login = {UA_STRING_ALLOC(user), UA_STRING_ALLOC(argument("password", ""))};
    status = UA_AccessControl_default(config, false, NULL, 1, &login);
  }
  if (status != UA_STATUSCODE_GOOD) { fprintf(stderr, "configuration: %s\n", UA_StatusCode_name(status)); exit(3); }
  char url[64];
  snprintf(url, sizeof(url), "opc.tcp://127.0.0.1:%u", port);
  UA_Array_delete(config->serverUrls, config->serverUrlsSize, &UA_TYPES[UA_TYPES_STRING]);
  config->serverUrls = UA_Array_new(1, &UA_TYPES[UA_TYPES_STRING]);
  config->serverUrlsSize = 1;
  config->serverUrls[0] = UA_STRING_ALLOC(url);
  double samplingMs = atof(argument("minimumSamplingMs", "0"));
  if (samplingMs > 0) config->samplingIntervalLimits.min = samplingMs;
  config->publishingIntervalLimits.min = 5;
  config->queueSizeLimits.max = 1000000;
  config->maxRetransmissionQueueSize = 0;
}

int main(int count, char **values) {
  argumentCount = count;
  arguments = values;
  signal(SIGTERM, stop);
  signal(SIGINT, stop);
  UA_UInt16 port = (UA_UInt16)atoi(argument("port", "4840"));
  epochMs = atof(argument("epochMs", "0"));
  if (epochMs == 0) epochMs = nowMs();
  waves = (Group){atoi(argument("waves", "1")), atof(argument("waveMs", "100")), 0, NULL};
  scalars = (Group){atoi(argument("scalars", "200")), atof(argument("scalarMs", "100")), 0, NULL};
  changes = (Group){atoi(argument("changes", "0")), atof(argument("changeMs", "100")), 0, NULL};
  waveLength = atoi(argument("waveLength", "4096"));
  changeOneIn = atoi(argument("changeOneIn", "10"));
  const char *logPath = argument("log", NULL);
  if (logPath != NULL) logFile = open(logPath, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (logPath != NULL && logFile < 0) { perror(logPath); return 3; }
  UA_Server *server = UA_Server_new();
  UA_ServerConfig *config = UA_Server_getConfig(server);
  configure(config, port);
  config->logging->log = NULL;
  addNodes(server);
  double shortest = waves.periodMs;
  if (scalars.count > 0 && scalars.periodMs < shortest) shortest = scalars.periodMs;
  if (changes.count > 0 && changes.periodMs < shortest) shortest = changes.periodMs;
  double tickMs = shortest / 5 < 1 ? 1 : shortest / 5 > 10 ? 10 : shortest / 5;
  note("# start %.4f\n", nowMs());
  tick(server, NULL);
  UA_Server_addRepeatedCallback(server, tick, NULL, tickMs, NULL);
  if (UA_Server_run_startup(server) != UA_STATUSCODE_GOOD) { fprintf(stderr, "port %u cannot be used\n", port); return 4; }
  printf("ready\n");
  fflush(stdout);
  while (running) UA_Server_run_iterate(server, true);
  UA_Server_run_shutdown(server);
  UA_Server_delete(server);
  return 0;
}
