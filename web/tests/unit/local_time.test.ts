import { describe, expect, test } from 'vitest';
import { isZone, meaningOf, offsetAt, proposal, wallTime } from '@/posts/local_time';

const hour = 3_600_000;
const iso = (local: string, zone: string) => {
  const meaning = meaningOf(local, zone);
  return meaning.kind === 'invalid' ? 'invalid' : `${meaning.kind} ${meaning.at.toISOString()}`;
};

describe('wall time', () => {
  test('is what clocks in the zone show, half-hour zones included', () => {
    const instant = new Date('2026-11-23T18:30:00Z');
    expect(wallTime(instant, 'Europe/Paris')).toBe('2026-11-23T19:30');
    expect(wallTime(instant, 'Asia/Kolkata')).toBe('2026-11-24T00:00');
    expect(wallTime(instant, 'America/New_York')).toBe('2026-11-23T13:30');
    expect(offsetAt(instant, 'Asia/Kathmandu')).toBe(5.75 * hour);
  });

  test('midnight is 00, not 24', () => {
    expect(wallTime(new Date('2026-11-22T23:00:00Z'), 'Europe/Paris')).toBe('2026-11-23T00:00');
  });
});

describe('what a wall time means', () => {
  test('an ordinary time happens once', () => {
    expect(iso('2026-11-23T09:00', 'Europe/Paris')).toBe('once 2026-11-23T08:00:00.000Z');
    expect(iso('2026-07-01T09:00', 'Europe/Paris')).toBe('once 2026-07-01T07:00:00.000Z');
    expect(iso('2026-07-01T09:00', 'UTC')).toBe('once 2026-07-01T09:00:00.000Z');
  });

  test('a gap moves forward by its length', () => {
    expect(iso('2027-03-28T02:30', 'Europe/Paris')).toBe('gap 2027-03-28T01:30:00.000Z');
    expect(wallTime(new Date('2027-03-28T01:30:00Z'), 'Europe/Paris')).toBe('2027-03-28T03:30');
    expect(iso('2026-03-08T02:15', 'America/New_York')).toBe('gap 2026-03-08T07:15:00.000Z');
  });

  test('an overlap fires once, the first time', () => {
    expect(iso('2026-10-25T02:30', 'Europe/Paris')).toBe('twice 2026-10-25T00:30:00.000Z');
    expect(iso('2026-11-01T01:30', 'America/New_York')).toBe('twice 2026-11-01T05:30:00.000Z');
  });

  test('the hours around a change are ordinary', () => {
    expect(iso('2026-10-25T01:59', 'Europe/Paris')).toBe('once 2026-10-24T23:59:00.000Z');
    expect(iso('2026-10-25T03:00', 'Europe/Paris')).toBe('once 2026-10-25T02:00:00.000Z');
    expect(iso('2027-03-28T03:00', 'Europe/Paris')).toBe('once 2027-03-28T01:00:00.000Z');
  });

  test('every hour of two years, in zones on both sides, comes back as it was', () => {
    for (const zone of ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata']) {
      for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2028, 0, 1); at += 7 * hour) {
        const meaning = meaningOf(wallTime(new Date(at), zone), zone);
        if (meaning.kind === 'once') expect(meaning.at.getTime()).toBe(at);
        else expect(meaning.kind).toBe('twice');
      }
    }
  });

  test('what is no time is said to be none', () => {
    expect(iso('', 'Europe/Paris')).toBe('invalid');
    expect(iso('2026-13-40T09:00', 'Europe/Paris')).toBe('invalid');
  });
});

test('a proposal is rounded up to five minutes', () => {
  expect(proposal(new Date('2026-11-23T08:01:10Z'), 'Europe/Paris')).toBe('2026-11-23T10:05');
});

test('a zone is one that this browser knows', () => {
  expect(isZone('Europe/Paris')).toBe(true);
  expect(isZone('Europe/Atlantis')).toBe(false);
  expect(isZone('')).toBe(false);
});
