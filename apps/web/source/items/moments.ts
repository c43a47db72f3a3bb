/** When actions were, as people give it, in the whole seconds that a model takes. */
import {InputError} from '../engine/errors.js';
import {stripped} from './letters.js';

const ORIGIN = 946_684_800;  // 1 January 2000, UTC, in seconds since 1970: 32 bits of seconds reach from 1931 to 2068
export const UNKNOWN_TIME = 0;
const LEAST = -(2 ** 31), MOST = 2 ** 31 - 1;
const NUMBER = /^-?(?!\d{8}$)\d+(\.\d*)?$/;  // 20240531 is a date
const WRITTEN = 'write seconds since 1970 or times like 2024-05-31T12:00:00';
const DAY = 86_400;

export type Moment = number | string | null;  // seconds since 1970, or a text with those or with a date
export type Moments = readonly Moment[] | string;  // a text has commas between them

export function momentsOf(given: Moments): Moment[] {
  return typeof given === 'string' ? given.split(',').map(stripped) : [...given];
}

/** Seconds since `ORIGIN`; `UNKNOWN_TIME` for null and for an empty text. Throws `InputError` where it is no time. */
export function secondsOf(moment: Moment): number {
  if (moment === null || moment === '') return UNKNOWN_TIME;
  const seconds = typeof moment === 'number' ? moment : NUMBER.test(moment) ? Number(moment) : written(moment);
  if (seconds === undefined) throw new InputError(`${quoted(moment)} is no time: ${WRITTEN}.`);
  if (!(seconds - ORIGIN >= LEAST && seconds - ORIGIN <= MOST)) {
    throw new InputError(`the time ${quoted(moment)} is not between 1931 and 2068: ${WRITTEN}.`);
  }
  return Math.floor(seconds) - ORIGIN;
}

const DATE = /^(\d{4})(?:-(\d\d)-(\d\d)|(\d\d)(\d\d)|-?W(\d\d)(?:-?(\d))?)/;
const CLOCK = /^(\d\d)(?:(:?)(\d\d)(?:\2(\d\d)(?:[.,](\d+))?)?)?(Z|[+-]\d\d(?::?\d\d(?::?\d\d(?:[.,]\d+)?)?)?)?$/;

/** Seconds since 1970 of a date and, after any one letter, a time of day, by ISO 8601; UTC where it has no zone. */
function written(text: string): number | undefined {
  const date = DATE.exec(text), rest = date ? text.slice(date[0].length) : '';
  const day = date ? dayOf(date) : undefined;
  if (day === undefined || !rest) return day === undefined ? undefined : day * DAY;
  const clock = CLOCK.exec([...rest].slice(1).join(''));
  if (!clock) return undefined;
  const [hour, minute, second] = [Number(clock[1]), Number(clock[3] ?? 0), Number(clock[4] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const zone = zoneOf(clock[6] ?? 'Z');
  if (zone === undefined) return undefined;
  return day * DAY + hour * 3600 + minute * 60 + second + Number(`0.${(clock[5] ?? '0').slice(0, 6)}`) - zone;
}

/** Days since 1970. */
function dayOf([, year, ...parts]: RegExpExecArray): number | undefined {
  const [month, date] = [Number(parts[0] ?? parts[2]), Number(parts[1] ?? parts[3])];
  if (parts[4] !== undefined) return dayOfWeek(Number(year), Number(parts[4]), Number(parts[5] ?? 1));
  const day = new Date(0);
  day.setUTCFullYear(Number(year), month - 1, date);
  const real = Number(year) >= 1 && day.getUTCMonth() === month - 1 && day.getUTCDate() === date;
  return real ? day.getTime() / 1000 / DAY : undefined;
}

/** The week of 4 January is the first; Monday is day 1. */
function dayOfWeek(year: number, week: number, weekday: number): number | undefined {
  const begin = (of: number) => {
    const fourth = new Date(0);
    fourth.setUTCFullYear(of, 0, 4);
    return fourth.getTime() / 1000 / DAY - (fourth.getUTCDay() + 6) % 7;
  };
  const monday = begin(year) + 7 * (week - 1);
  const real = year >= 1 && week >= 1 && weekday >= 1 && weekday <= 7 && monday < begin(year + 1);
  return real ? monday + weekday - 1 : undefined;
}

/** Seconds that a zone is ahead of UTC. */
function zoneOf(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const [hours, minutes, seconds] = (zone.replace(/[.,].*/, '').match(/\d\d/g) ?? []).map(Number) as number[];
  if (hours! > 23 || (minutes ?? 0) > 59 || (seconds ?? 0) > 59) return undefined;
  const fraction = Number(`0.${(/[.,](\d+)/.exec(zone)?.[1] ?? '0').slice(0, 6)}`);
  return (zone.startsWith('-') ? -1 : 1) * (hours! * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0) + fraction);
}

/** A time as Python writes it in a sentence. */
function quoted(moment: Moment): string {
  if (typeof moment !== 'string') return Number.isNaN(moment) ? 'nan' : String(moment);
  return moment.includes("'") && !moment.includes('"') ? `"${moment}"` : `'${moment.replaceAll("'", "\\'")}'`;
}
