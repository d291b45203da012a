// What a person is told while the controller is away: once when it goes and once when it is back, however many streams lose it.
export type Outage = { gone(reason: string): void; back(): void };

export function createOutage(say: (line: string) => void): Outage {
  let away = 0;
  return {
    gone(reason) {
      away += 1;
      if (away === 1) say(`the controller is gone (${reason}); waiting for it`);
    },
    back() {
      away -= 1;
      if (away === 0) say("the controller answers again");
    },
  };
}
