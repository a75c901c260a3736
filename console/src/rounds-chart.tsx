import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import type { Run } from './api.ts';

const HEIGHT_PIXELS = 260;

/** Accuracy and loss of the global version after each round of a run. */
export function RoundsChart({ run }: { run: Run }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot>();

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const plot = new UPlot(
      options(element.clientWidth, getComputedStyle(element).color),
      [[], [], []],
      element,
    );
    chart.current = plot;
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: HEIGHT_PIXELS }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, []);

  useEffect(() => {
    const evaluations = [...run.evaluations].sort((a, b) => a.number - b.number);
    chart.current?.setData([
      evaluations.map(({ number }) => number),
      evaluations.map(({ accuracy }) => accuracy),
      evaluations.map(({ loss }) => loss),
    ]);
  }, [run]);

  return <div ref={place} class="card chart" role="img" aria-label="Accuracy and loss per model version" />;
}

/** @param ink colour of the text around; the chart is a canvas, which knows no style sheet. */
function options(width: number, ink: string): UPlot.Options {
  return {
    width,
    height: HEIGHT_PIXELS,
    scales: { x: { time: false }, accuracy: { range: [0, 1] }, loss: {} },
    series: [
      { label: 'version' },
      { label: 'accuracy', scale: 'accuracy', stroke: '#0b6e99', width: 2, points: { show: true } },
      { label: 'loss', scale: 'loss', stroke: '#c2571a', width: 2, points: { show: true } },
    ],
    axes: [
      { label: 'model version', incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], stroke: ink },
      { scale: 'accuracy', label: 'accuracy', stroke: '#0b6e99' },
      { scale: 'loss', label: 'loss', side: 1, stroke: '#c2571a', grid: { show: false } },
    ],
  };
}
