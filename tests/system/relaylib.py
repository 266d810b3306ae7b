"""A bad network on loopback: every way from one department to another goes through a relay that delays,
stalls one direction, cuts at any byte, or lets nothing through. What it does follows from a seed."""

import asyncio
import random
import threading


class Weather:
    """What a connection meets; bytes are counted from its first one, each direction by itself."""

    def __init__(self, delay_s=0.0, jitter_s=0.0, cut_each=0, stall_each=0, stall_s=0.0):
        self.delay_s, self.jitter_s = delay_s, jitter_s
        self.cut_each = cut_each  # bytes from one cut to the next, on average; 0: never
        self.stall_each, self.stall_s = stall_each, stall_s


CALM = Weather()


class Flow:
    """One direction of a connection."""

    def __init__(self, relay, way, reader, writer, number):
        self.relay, self.way, self.reader, self.writer = relay, way, reader, writer
        self.dice = random.Random("%s %s %d" % (relay.seed, sorted(way), number))
        self.left = {}  # bytes to the next cut and stall

    def next_of(self, what, each):
        if each and what not in self.left:
            self.left[what] = int(self.dice.expovariate(1 / each))
        return self.left.get(what) if each else None

    async def run(self):
        """Until its end, or False: it was cut."""
        while data := await self.reader.read(self.dice.choice((1, 100, 5000, 65536))):
            weather = self.relay.weather
            await asyncio.sleep(weather.delay_s + self.dice.random() * weather.jitter_s)
            cut = self.next_of("cut", weather.cut_each)
            if cut is not None and cut < len(data):
                self.writer.write(data[:cut])
                self.relay.count("cut")
                return False
            stall = self.next_of("stall", weather.stall_each)
            if stall is not None and stall < len(data):
                del self.left["stall"]
                self.relay.count("stalled")
                await asyncio.sleep(self.dice.random() * weather.stall_s)
            await self.relay.is_open(self.way)
            for what in self.left:
                self.left[what] -= min(len(data), self.left[what])
            self.writer.write(data)
            await self.writer.drain()
        return True


class Relay:
    def __init__(self, seed):
        self.seed = seed
        self.weather = CALM
        self.apart = set()  # pairs that hear nothing of each other
        self.counts = {}
        self.made = 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def open(self, one, other, port):
        """The port at which `one` reaches `other`, which listens at `port`."""
        async def serve():
            return await asyncio.start_server(
                lambda reader, writer: self.carry(frozenset((one, other)), port, reader, writer),
                "127.0.0.1", 0)

        server = asyncio.run_coroutine_threadsafe(serve(), self.loop).result(10)
        return server.sockets[0].getsockname()[1]

    async def is_open(self, way):
        while way in self.apart:
            await asyncio.sleep(0.05)

    async def carry(self, way, port, reader, writer):
        """Both directions of a connection; when one is cut, both are, without a word."""
        self.made += 1
        self.count("connections")
        writers, flows = [writer], []
        try:
            await self.is_open(way)
            there = await asyncio.open_connection("127.0.0.1", port)
            writers.append(there[1])
            for at, (source, sink) in enumerate(((reader, there[1]), (there[0], writer))):
                flow = Flow(self, way, source, sink, 2 * self.made + at)
                flows.append(asyncio.ensure_future(flow.run()))
            await asyncio.wait(flows, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0.02)  # what was written before the cut may still arrive
        except OSError:
            self.count("nobody there")
        finally:
            for flow in flows:
                flow.cancel()
            await asyncio.gather(*flows, return_exceptions=True)
            for one in writers:
                one.transport.abort()

    def part(self, some, others):
        """Nothing passes between these any more, in neither direction."""
        self.apart = {frozenset((a, b)) for a in some for b in others}

    def heal(self):
        self.apart = set()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
