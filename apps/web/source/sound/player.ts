/** Plays a recording, and says where it is. */
export class Player {
  private context: AudioContext | undefined;
  private source: AudioBufferSourceNode | undefined;
  private begun = 0;  // time of the context at which the recording would have begun

  constructor(
    private readonly samples: Float32Array<ArrayBuffer>, private readonly rate: number,
    private readonly ended: () => void,
  ) {}

  /** From a time in seconds on. */
  async play(from: number): Promise<void> {
    this.stop();
    const context = this.context ??= new AudioContext();
    await context.resume();
    const buffer = context.createBuffer(1, this.samples.length, this.rate), source = context.createBufferSource();
    buffer.copyToChannel(this.samples, 0);
    source.buffer = buffer;
    source.connect(context.destination);
    source.onended = () => {
      if (this.source !== source) return;
      this.source = undefined;
      this.ended();
    };
    source.start(0, Math.max(0, from));
    this.begun = context.currentTime - Math.max(0, from);
    this.source = source;
  }

  /** Where it plays, in seconds; undefined where it does not. */
  get time(): number | undefined {
    return this.source && this.context ? this.context.currentTime - this.begun : undefined;
  }

  stop(): void {
    const {source} = this;
    this.source = undefined;
    source?.stop();
  }

  close(): void {
    this.stop();
    void this.context?.close();
    this.context = undefined;
  }
}
