/** The problem with this Node.js, or undefined if it is suitable. */
function nodeVersionProblem(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return undefined;
  return `Signalbox needs Node.js 20.19 or newer; this is ${version}. Get it from https://nodejs.org/.`;
}

/** Ends the program with one sentence when Node.js is too old. */
export function requireNode() {
  const problem = nodeVersionProblem();
  if (problem === undefined) return;
  console.error(problem);
  process.exit(2);
}
