/** One row of "The house" in the design: what a folder is for, and what its files may import. */
export interface Floor {
  /** The longest matching folder decides. */
  folder: string;
  /** Folders of ours; its own is always allowed. */
  mayImport: readonly string[];
  /** Folders of which only types may be imported: they leave no trace at run time. */
  mayImportTypesOf?: readonly string[];
  /** Folders that it may load by `await import()`: whoever does not run that line never loads them. */
  mayImportLazily?: readonly string[];
  /** Packages it may use, itself and through everything that it imports by value. Left out: any. */
  mayReachPackages?: readonly string[];
  /** Names that would make its result depend on more than its input. */
  mayNotUse?: readonly string[];
  /** The end of the message: what this floor is for, and where the code belongs instead. */
  because: string;
}

const CLOCK_AND_RANDOM = ['Date.now', 'new Date()', 'performance.now', 'Math.random'];
const OUTSIDE_WORLD = ['process', 'fetch', 'setTimeout', 'setInterval', 'crypto'];

export const HOUSE: readonly Floor[] = [
  {
    folder: 'policy',
    mayImport: [],
    mayReachPackages: [],
    mayNotUse: [...CLOCK_AND_RANDOM, ...OUTSIDE_WORLD],
    because:
      'policy/ is plain functions of their input: the same order, event and rulebook give the same decision everywhere. Pass what it needs as an argument (`now`, `health`), or move the effect to an activity.',
  },
  {
    folder: 'contract',
    mayImport: ['policy'],
    because: 'contract/ holds names, shapes and keys that everyone shares, so it may depend on nobody but policy/.',
  },
  {
    folder: 'processors',
    mayImport: ['policy', 'contract'],
    because:
      'an adapter translates and never decides or stores. Return an outcome; the activity that called records it.',
  },
  {
    folder: 'store',
    mayImport: ['policy', 'contract'],
    because: 'store/ keeps what it is given. Whoever needs both a processor and the store is an activity.',
  },
  {
    folder: 'workflows',
    mayImport: ['policy', 'contract'],
    mayImportTypesOf: ['activities'],
    mayReachPackages: ['@temporalio/workflow', '@temporalio/common', '@noble/hashes'],
    because:
      'workflows decide when and in what order; effects live in activities/. Move it to an activity. Of contract/ they take the files without zod: a schema would be copied into every cached workflow.',
  },
  {
    folder: 'activities',
    mayImport: ['policy', 'contract', 'processors', 'store'],
    because: 'an activity is one effect. What comes before or after it is the workflow, who may call it is the worker.',
  },
  {
    folder: 'worker',
    // Of the client its connection to Temporal: closing one right is not the same as calling `close`.
    mayImport: ['policy', 'contract', 'processors', 'store', 'workflows', 'activities', 'client/temporal'],
    because: 'worker/ puts workflows and activities together and is imported by nobody.',
  },
  {
    folder: 'client',
    mayImport: ['contract'],
    // The order's view and the timeline's entries are policy's types; a type brings no code into a checkout.
    mayImportTypesOf: ['policy'],
    // One class, two forms: callers over HTTP load neither Temporal nor a database driver.
    mayImportLazily: ['client/temporal'],
    because:
      'client/ runs in other people’s checkout code: it knows names and shapes only. What needs the database is client/temporal.',
  },
  {
    folder: 'client/temporal',
    // Policy as well, like the gateway: it does in the caller's process what the gateway does for others.
    mayImport: ['client', 'contract', 'policy', 'store', 'processors'],
    because:
      'client/temporal is the client beside the database: it starts workflows and reads the store, and runs no activity.',
  },
  {
    folder: 'gateway',
    mayImport: ['client', 'client/temporal', 'contract', 'store', 'processors', 'policy'],
    because: 'the gateway speaks HTTP and asks the client; workflows and activities run in the worker only.',
  },
  {
    folder: 'console',
    mayImport: [],
    because: 'the console is a web app: it uses the HTTP API like everybody else.',
  },
  {
    folder: 'simulator',
    mayImport: [],
    because: 'the simulator is the oracle of every money test: code of ours in it would repeat our own mistakes.',
  },
  {
    folder: 'cli',
    mayImport: ['client', 'client/temporal', 'contract', 'policy'],
    because: 'a command asks the client, like checkout code does.',
  },
  {
    folder: 'cli/launcher',
    mayImport: ['cli', 'client', 'client/temporal', 'contract', 'policy', 'store'],
    because:
      'the launcher starts servers, each as a process of its own. Of the store it uses the migrations, which must be done before any of them starts.',
  },
];

/** Look at everything, so anything may be looked at by them. */
export const UNBOUND = ['test', 'docs'];
