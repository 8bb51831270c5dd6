// Runs beside node_modules with @dodona/dolos-lib (the library behind the dolos command): one file per
// submission, the starter as ignored file; prints JSON.
//
// node dolos_pairs.mjs FLAT_FOLDER STARTER_FILE [share of files from which a fingerprint is too common]
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const { Dolos } = await import(pathToFileURL(require.resolve("@dodona/dolos-lib")).href);
const [flat, starter, common] = process.argv.slice(2);
const options = { language: "python", kgramLength: 23, kgramsInWindow: 17 };
if (common) options.maxFingerprintPercentage = Number(common);
const files = readdirSync(flat).filter(name => name.endsWith(".py")).sort().map(name => join(flat, name));
const report = await new Dolos(options).analyzePaths(files, starter);
const name = file => basename(file.path, ".py");
console.log(JSON.stringify(report.allPairs().map(p => [name(p.leftFile), name(p.rightFile), p.similarity])));
