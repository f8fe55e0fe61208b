package dev.ampoule.plugin;

import java.util.Arrays;
import java.util.Optional;

/**
 * What something is done for: the codes of HL7's value set PurposeOfUse
 * (terminology.hl7.org/ValueSet/v3-PurposeOfUse), leaves and groups. A closed set, so that no word
 * of a request can pass for a purpose.
 */
public enum PurposeOfUse {
  HMARKT,
  HOPERAT,
  CAREMGT,
  DONAT,
  FRAUD,
  GOV,
  HACCRED,
  HCOMPL,
  HDECD,
  HDIRECT,
  HDM,
  HLEGAL,
  HOUTCOMS,
  HPRGRP,
  HQUALIMP,
  HSYSADMIN,
  LABELING,
  METAMGT,
  MEMADMIN,
  MILCDM,
  PATADMIN,
  PATSFTY,
  PERFMSR,
  RECORDMGT,
  SYSDEV,
  HTEST,
  TRAIN,
  HPAYMT,
  CLMATTCH,
  COVAUTH,
  COVERAGE,
  ELIGDTRM,
  ELIGVER,
  ENROLLM,
  MILDCRG,
  REMITADV,
  HRESCH,
  BIORCH,
  CLINTRCH,
  CLINTRCHNPC,
  CLINTRCHPC,
  PRECLINTRCH,
  DSRCH,
  POARCH,
  TRANSRCH,
  PATRQT,
  FAMRQT,
  PWATRNY,
  SUPNWK,
  PUBHLTH,
  DISASTER,
  THREAT,
  TREAT,
  CLINTRL,
  COC,
  ETREAT,
  BTG,
  ERTREAT,
  POPHLTH;

  /** The code system all of them are in. */
  public static final String SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

  /** Empty where {@code code} is none of the set. */
  public static Optional<PurposeOfUse> parse(String code) {
    return Arrays.stream(values()).filter(purpose -> purpose.name().equals(code)).findFirst();
  }
}
