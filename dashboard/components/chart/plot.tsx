import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { ChartProps } from './props.ts';
import { Drawing, PADDING, type Frame } from './drawing.tsx';
import { axisTicks, highestValue, indexAt, segmentAt, stackBars } from './scale.ts';
import { intervalText, Tooltip, type Spot } from './tooltip.tsx';

const DEFAULT_HEIGHT = 240;

/** A pointer that moves less than this clicks. A longer movement selects a range. */
const MIN_DRAG_PX = 6;

/** The interval that the user looks at, and the series in it, by position. */
interface Target {
  readonly index: number;
  readonly series: number | undefined;
  readonly spot: Spot;
  readonly byKeyboard: boolean;
}

/** The width of an element. 0 before its first layout. */
function useWidth(): readonly [preact.RefObject<HTMLDivElement>, number] {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return undefined;
    setWidth(current.clientWidth);
    const observer = new ResizeObserver(() => setWidth(current.clientWidth));
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}

/** The range that the user selects by dragging, as positions of intervals. */
interface Drag {
  readonly startX: number;
  readonly from: number;
  readonly to: number | undefined;
}

/**
 * The drawing, and one focusable element over it. The element is a link if intervals have pages. Its address follows the pointer
 * or the arrow keys, so that a click, a middle click and Enter open the interval that the tooltip shows.
 */
export function Plot(props: ChartProps & { readonly emphasized: string | undefined }) {
  const { title, unit, starts, series, kind, minimum, wholeNumbers = false, hrefOf, onZoom } = props;
  const height = props.height ?? DEFAULT_HEIGHT;
  const [element, outerWidth] = useWidth();
  const [target, setTarget] = useState<Target>();
  const [drag, setDrag] = useState<Drag>();
  const ignoreClick = useRef(false);

  const frame = useMemo((): Frame => {
    const values = series.map((each) => each.values);
    const ticks = axisTicks(highestValue(values, kind === 'bars'), { minimum, wholeNumbers });
    const innerHeight = height - PADDING.top - PADDING.bottom;
    const pixelsPerUnit = innerHeight / (ticks.at(-1) ?? 1);
    return {
      width: Math.max(0, outerWidth - PADDING.left - PADDING.right),
      height: innerHeight,
      ticks,
      pixelsPerUnit,
      bars: kind === 'bars' ? stackBars(values, pixelsPerUnit) : [],
    };
  }, [series, kind, minimum, wholeNumbers, height, outerWidth]);

  const count = starts.length;
  const current = target && target.index < count ? target : undefined;
  const selected = current?.series === undefined ? undefined : series[current.series]?.name;

  function targetAt(event: PointerEvent & { readonly currentTarget: HTMLElement }): Target {
    const box = event.currentTarget.getBoundingClientRect();
    const spot = { x: event.clientX - box.left, y: event.clientY - box.top };
    const index = indexAt(spot.x / box.width, count);
    const segment = segmentAt(frame.bars[index] ?? [], PADDING.top + frame.height - spot.y);
    return { index, series: segment?.series, spot, byKeyboard: false };
  }

  /** Moves the keyboard selection to an interval. The tooltip is at the middle of the interval. */
  function selectByKeyboard(index: number, selectedSeries?: number): void {
    const x = ((index + 0.5) / count) * frame.width;
    setTarget({ index, series: selectedSeries, spot: { x, y: PADDING.top + 12 }, byKeyboard: true });
  }

  function onKeyDown(event: KeyboardEvent): void {
    const index = current?.index ?? count - 1;
    const goals: Readonly<Record<string, number>> = {
      ArrowLeft: index - 1,
      ArrowRight: index + 1,
      Home: 0,
      End: count - 1,
    };
    const goal = goals[event.key];
    const bar = frame.bars[index]?.map((segment) => segment.series) ?? [];
    if (goal !== undefined) selectByKeyboard(Math.max(0, Math.min(count - 1, goal)));
    else if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && bar.length > 0) {
      const position = current?.series === undefined ? -1 : bar.indexOf(current.series);
      const next = event.key === 'ArrowUp' ? position + 1 : position < 0 ? bar.length - 1 : position - 1;
      selectByKeyboard(index, bar[next]);
    } else if (event.key === 'Escape') setTarget(undefined);
    else return;
    event.preventDefault();
  }

  const handlers = {
    onKeyDown,
    onFocus: (event: FocusEvent & { readonly currentTarget: HTMLElement }) => {
      if (count > 0 && event.currentTarget.matches(':focus-visible')) selectByKeyboard(count - 1);
    },
    onBlur: () => setTarget(undefined),
    onPointerDown: (event: PointerEvent & { readonly currentTarget: HTMLElement }) => {
      const next = targetAt(event);
      // The first tap of a finger shows the values. The second tap on the same interval opens it.
      ignoreClick.current = event.pointerType === 'touch' && next.index !== current?.index;
      setTarget(next);
      if (onZoom && event.pointerType === 'mouse' && event.button === 0)
        setDrag({ startX: event.clientX, from: next.index, to: undefined });
    },
    onPointerMove: (event: PointerEvent & { readonly currentTarget: HTMLElement }) => {
      const next = targetAt(event);
      setTarget(next);
      if (!drag || event.buttons !== 1) return;
      if (drag.to === undefined && Math.abs(event.clientX - drag.startX) < MIN_DRAG_PX) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      setDrag({ ...drag, to: next.index });
    },
    onPointerUp: () => {
      if (drag?.to !== undefined) {
        ignoreClick.current = true;
        onZoom?.(Math.min(drag.from, drag.to), Math.max(drag.from, drag.to));
      }
      setDrag(undefined);
    },
    onPointerLeave: () => {
      if (current?.byKeyboard !== true) setTarget(undefined);
    },
    onClick: (event: MouseEvent) => {
      // Enter on the keyboard is a click without a pointer.
      if (ignoreClick.current && event.detail > 0) event.preventDefault();
      ignoreClick.current = false;
    },
  };
  const name = `${title}, ${unit}. ${series.map(({ name: each, total }) => `${props.format(total)} ${each}`).join(', ')}`;
  const common = { class: 'plot-target', draggable: false, 'aria-label': name, ...handlers };
  return (
    <div ref={element} class="plot" style={{ height: `${height}px` }}>
      <Drawing
        chart={props}
        frame={frame}
        emphasized={props.emphasized}
        current={current?.index}
        selection={drag?.to === undefined ? undefined : [drag.from, drag.to]}
      />
      {count > 0 &&
        (hrefOf ? (
          <Link
            {...common}
            href={hrefOf({
              ...(current && { index: current.index }),
              ...(selected !== undefined && { series: selected }),
            })}
          />
        ) : (
          <div {...common} role="img" tabIndex={0} />
        ))}
      {current && drag?.to === undefined && (
        <div class="plot-overlay">
          <Tooltip
            chart={props}
            index={current.index}
            selected={selected}
            spot={current.spot}
            width={frame.width}
            height={height}
          />
        </div>
      )}
      <p class="visually-hidden" role="status">
        {current?.byKeyboard === true &&
          `${intervalText(props, current.index)}${selected === undefined ? '' : `. Selected: ${selected}`}`}
      </p>
    </div>
  );
}
