/** `xumx-slicq aggregate`: compares methods by their score files. */
import { type Command, Option } from "commander";
import {
  comparisonTables,
  drawBoxPlot,
  metrics,
  readMethod,
  scoresCsv,
  stemNames,
  toPng,
  toSvg,
  trackStems,
} from "../evaluation/index.ts";
import { writeAtomically } from "../files/index.ts";
import { print } from "./terminal.ts";

const plotMetrics = [...metrics, "uSDR", "siSDR", "haaqi"] as const;

type PlotMetric = (typeof plotMetrics)[number];

interface AggregateFlags {
  readonly csv?: string;
  readonly svg?: string;
  readonly png?: string;
  readonly metric: PlotMetric;
}

/** Adds the command to the program. */
export function addAggregateCommand(program: Command): void {
  program
    .command("aggregate")
    .description("compare methods by the scores that `evaluate` or museval wrote")
    .argument("<dir...>", "one folder of JSON files per method")
    .option("--csv <file>", "write all tracks' figures as CSV")
    .option("--svg <file>", "draw a box plot over tracks")
    .option("--png <file>", "the same as a bitmap")
    .addOption(
      new Option("--metric <name>", "what the box plot shows").choices(plotMetrics).default("SDR"),
    )
    .action(runAggregate);
}

async function runAggregate(folders: readonly string[], flags: AggregateFlags): Promise<void> {
  const methods = [];
  for (const folder of folders) methods.push(await readMethod(folder));
  const { csv, svg, png, metric } = flags;
  if (csv) await writeAtomically(csv, scoresCsv(methods));
  if (svg || png) {
    const rows = methods.map(trackStems);
    const drawing = drawBoxPlot({
      title: titleOf(metric),
      methods: methods.map(({ method }) => method),
      groups: stemNames(methods).map((stem) => ({
        label: stem,
        values: rows.map((all) => all.filter((row) => row.stem === stem).map((row) => row[metric])),
      })),
    });
    if (svg) await writeAtomically(svg, toSvg(drawing));
    if (png) await writeAtomically(png, toPng(drawing));
  }
  print(comparisonTables(methods));
}

function titleOf(metric: PlotMetric): string {
  if (metric === "uSDR") return "uSDR (global SDR) by track, dB";
  if (metric === "haaqi") return "HAAQI, mean of ears, by track (0 to about 1)";
  if (metric === "siSDR") return "SI-SDR by track, dB";
  return `BSS Eval v4 ${metric}, median over frames, by track, dB`;
}
