import { createRequire } from 'node:module';
import type { MadeHistory } from './replays.ts';

/**
 * A history from the JSON that Temporal's tools write. `Worker.runReplayHistory` would take that JSON itself, but here
 * `@temporalio/common` and `@temporalio/proto` each have a copy of protobufjs (the one at the top is another major
 * version, of @grpc/proto-loader), and one copy does not know the other's types. So the proto package's own copy reads it.
 */
export function historyFromJson(json: unknown): MadeHistory['history'] {
  const worker = requireOfWorker();
  const { fromJson } = createRequire(worker.resolve('@temporalio/proto'))('protobufjs/ext/protojson');
  const { patchProtobufRoot } = worker('@temporalio/proto/lib/patch-protobuf-root');
  const types = patchProtobufRoot(worker('@temporalio/proto'));
  return fromJson(types.lookupType('temporal.api.history.v1.History'), json, { ignoreUnknownFields: true });
}

/** Requires what the worker itself requires: it takes no types of another copy of a package. */
export function requireOfWorker(): NodeJS.Require {
  return createRequire(createRequire(import.meta.url).resolve('@temporalio/worker'));
}
