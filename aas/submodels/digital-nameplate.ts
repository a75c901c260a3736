import type { Submodel } from '../model.ts';
import { externalReference } from '../references.ts';
import { collection, englishText, property } from './elements.ts';
import { DIGITAL_NAMEPLATE_IDS as IDS } from './nameplate-ids.ts';

/** What stands on a machine's nameplate, as its site wrote it down. */
export interface DigitalNameplateValues {
  readonly id: string;
  readonly uriOfTheProduct: string;
  readonly manufacturerName: string;
  readonly manufacturerProductDesignation: string;
  readonly orderCodeOfManufacturer: string;
  readonly serialNumber?: string;
  /** Four digits. */
  readonly yearOfConstruction?: string;
  /** The manufacturer's. */
  readonly address: {
    readonly street: string;
    readonly zipcode: string;
    readonly cityTown: string;
    /** Such as `DE`. */
    readonly nationalCode: string;
  };
}

/** IDTA 02006-3-0: what stands on a machine's nameplate. */
export function digitalNameplate(values: DigitalNameplateValues): Submodel {
  const { address, serialNumber, yearOfConstruction } = values;
  return {
    modelType: 'Submodel',
    id: values.id,
    idShort: 'Nameplate',
    kind: 'Instance',
    semanticId: externalReference(IDS.submodel),
    submodelElements: [
      property('URIOfTheProduct', IDS.uriOfTheProduct, values.uriOfTheProduct, 'xs:anyURI'),
      englishText('ManufacturerName', IDS.manufacturerName, values.manufacturerName),
      englishText(
        'ManufacturerProductDesignation',
        IDS.manufacturerProductDesignation,
        values.manufacturerProductDesignation,
      ),
      collection('AddressInformation', IDS.addressInformation, [
        englishText('Street', IDS.street, address.street),
        englishText('Zipcode', IDS.zipcode, address.zipcode),
        englishText('CityTown', IDS.cityTown, address.cityTown),
        englishText('NationalCode', IDS.nationalCode, address.nationalCode),
      ]),
      property('OrderCodeOfManufacturer', IDS.orderCodeOfManufacturer, values.orderCodeOfManufacturer),
      ...(serialNumber === undefined ? [] : [property('SerialNumber', IDS.serialNumber, serialNumber)]),
      ...(yearOfConstruction === undefined
        ? []
        : [property('YearOfConstruction', IDS.yearOfConstruction, yearOfConstruction)]),
    ],
  };
}
