/** Set by the module that `no-channels` puts in the place of fslog's, to be seen where it is used. */
export const CHANNELS_ARE_OUT = 'walBenchChannelsAreOut';
