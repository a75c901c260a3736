const SERIES = 'https://admin-shell.io/idta/TimeSeries';
const SEGMENT = `${SERIES}/Segment`;

/** Semantic ids of IDTA 02008-1-1, Time Series Data. */
export const TIME_SERIES_IDS = {
  submodel: `${SERIES}/1/1`,
  metadata: `${SERIES}/Metadata/1/1`,
  name: `${SERIES}/Metadata/Name/1/1`,
  description: `${SERIES}/Metadata/Description/1/1`,
  record: `${SERIES}/Record/1/1`,
  records: `${SERIES}/Records/1/1`,
  utcTime: `${SERIES}/UtcTime/1/1`,
  segments: `${SERIES}/Segments/1/1`,
  internalSegment: `${SERIES}/Segments/InternalSegment/1/1`,
  linkedSegment: `${SERIES}/Segments/LinkedSegment/1/1`,
  endpoint: `${SERIES}/Endpoint/1/1`,
  query: `${SERIES}/Query/1/1`,
  segmentName: `${SEGMENT}/Name/1/1`,
  segmentDescription: `${SEGMENT}/Description/1/1`,
  recordCount: `${SEGMENT}/RecordCount/1/1`,
  startTime: `${SEGMENT}/StartTime/1/1`,
  endTime: `${SEGMENT}/EndTime/1/1`,
  samplingRate: `${SEGMENT}/SamplingRate/1/1`,
  state: `${SEGMENT}/State/1/1`,
  lastUpdate: `${SEGMENT}/LastUpdate/1/1`,
} as const;
