declare module 'unbzip2-stream' {
  /** An old-style duplex stream: bzip2 bytes in, plain bytes out. */
  function unbzip2Stream(): NodeJS.ReadWriteStream;
  export = unbzip2Stream;
}
