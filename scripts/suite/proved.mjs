import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/**
 * @typedef {{ name: string, date: string, commit: string, seconds: number, result: string }} Proof
 */

const HEAD = `# What was proved, and when

\`npm run prove\` runs what takes longer than \`npm test\` may, and writes here what came out: a row stands for the last run of its part. One that was never run has no row.

| part | date | commit | took | result |
|---|---|---|---|---|
`;
const ROW =
  /^\| (?<name>.+?) \| (?<date>\S+) \| (?<commit>.+?) \| (?<seconds>\d+) s \| (?<result>.*) \|$/;

/** The rows in a file; none if it does not exist. */
export function readProofs(file) {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const found = ROW.exec(line)?.groups;
      if (!found) return [];
      const { name, date, commit, seconds, result } = found;
      return [{ name, date, commit, seconds: Number(seconds), result }];
    });
}

/** Puts a proof in the place of the one before it, or behind the others. */
export function writeProof(file, proof) {
  const proofs = readProofs(file);
  const at = proofs.findIndex(({ name }) => name === proof.name);
  if (at === -1) proofs.push(proof);
  else proofs[at] = proof;
  const rows = proofs.map(
    ({ name, date, commit, seconds, result }) =>
      `| ${name} | ${date} | ${commit} | ${seconds} s | ${result.replaceAll('|', '/')} |\n`,
  );
  writeFileSync(file, `${HEAD}${rows.join('')}`);
}
