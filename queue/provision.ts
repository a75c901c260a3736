/** The door to finding and starting a Redis; it loads neither BullMQ nor a Redis client. */
export { defaultCacheFolder } from './cache-folder.ts';
export { describeRedis, findRedis, type RedisChoice, type RedisProgram } from './find-redis.ts';
export { type RedisServer, startRedis } from './redis-server.ts';
